import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { startInProcessHost } from '../../src/host/in-process.ts'
import type { Transport } from '../../src/protocol/transport.ts'
import { startChildTransport } from '../../src/session/hosts/child-transport.ts'
import { programs } from './programs.ts'
import { ProgramRunner, startOf, type Choose } from './run-program.ts'

const place = { memoryMb: 256, timeZone: 'UTC', locale: 'en-US' }

const hosts: [name: string, start: () => Transport, runs: number][] = [
  ['in process', startInProcessHost, 200],
  ['child process, default profile', () => startChildTransport({ profile: 'default', ...place }), 200],
  ['child process, strict profile', () => startChildTransport({ profile: 'strict', ...place }), 100],
]

describe.each(hosts)('a cell is a function of its commands: %s', (_name, start, numRuns) => {
  const transport = start()
  const runner = new ProgramRunner(transport)
  afterAll(() => transport[Symbol.asyncDispose]())

  test('the same commands bring the same events, whether they come one by one or all at once', async () => {
    const generated = fc.asyncProperty(
      programs,
      fc.nat(),
      fc.infiniteStream(fc.nat()),
      async (source, seed, chances) => {
        const command = startOf(source, seed)
        const original = await runner.record(command, chooser(chances))
        const again = await runner.replay(command, original.commands)
        expect(JSON.stringify(again.events)).toBe(JSON.stringify(original.events))
        const twice = await runner.replay(command, original.commands)
        expect(JSON.stringify(twice.events)).toBe(JSON.stringify(original.events))
      },
    )
    await fc.assert(generated, { numRuns, endOnFailure: true })
  })
})

function chooser(chances: Iterator<number>): Choose {
  return (below) => Number(chances.next().value) % below
}
