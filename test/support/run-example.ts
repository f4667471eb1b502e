import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'

/** Runs the example in the folder `name` of `examples`, which checks itself. */
export async function expectExampleRuns(name: string): Promise<void> {
  const main = new URL(`../../examples/${name}/main.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  // The standard error of servers is not checked, but shown when the example fails.
  expect({ code: Number(code), stdout }, stderr).toEqual({ code: 0, stdout: `${name}: done\n` })
}
