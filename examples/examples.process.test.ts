import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

const examples = readdirSync(new URL('./', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['cells', 'support'].includes(entry.name))
  .map(({ name }) => name)

test.each(examples)('example %s runs to its end', async (name) => {
  const main = new URL(`./${name}/main.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  // What a server of the example says on its error stream is not judged, but shown when something went wrong.
  expect({ code: Number(code), stdout }, stderr).toEqual({ code: 0, stdout: `${name}: done\n` })
})
