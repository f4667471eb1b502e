import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ConsoleEvent } from '../../src/console/api.ts'
import { sqliteStore } from '../../src/store.ts'
import { startCli, type CliRun } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { eventsUntil, startConsole } from './console-client.ts'

test('A stream shows that the node of a session is lost, and then the next node', async () => {
  const folder = newFolder()
  const [program, path] = [join(folder, 'program.js'), join(folder, 'store.db')]
  writeFileSync(program, 'text("begun"); await new Promise((done) => setTimeout(done, 600000))')
  const flags = ['--store', `sqlite:${path}`, '--session', 's']
  const first = startCli(['exec', program, ...flags])
  const started: CliRun[] = [first]
  onTestFinished(() => started.forEach(({ child }) => child.kill('SIGKILL')))
  await first.said('begun')
  const store = sqliteStore(path)
  onTestFinished(async () => await store[Symbol.asyncDispose]())
  const server = await startConsole({ store })
  /** The nodes that had the session open, and null when none had. */
  const owners: (string | null)[] = []
  const isLast = (event: ConsoleEvent): boolean => {
    if (event.type === 'hello') first.child.kill('SIGKILL')
    if (event.type !== 'changed') return false
    for (const session of event.sessions) {
      if (session.type !== 'session') continue
      const node = session.owner?.node ?? null
      if (owners.at(-1) !== node) owners.push(node)
      if (node === null && started.length === 1) started.push(startCli(['exec', '--resume', ...flags]))
    }
    return owners.length >= 2 && owners.at(-1) !== null && owners.includes(null)
  }
  await eventsUntil<ConsoleEvent>(server, isLast)
  const known = owners.filter((owner) => owner !== null)
  expect(owners.at(-2)).toBeNull()
  expect(new Set(known).size).toBe(known.length)
})
