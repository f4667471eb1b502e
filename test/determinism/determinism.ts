import fc from 'fast-check'
import { expect } from 'vitest'
import { startInProcessHost } from '../../src/host/in-process.ts'
import type { Transport } from '../../src/protocol/transport.ts'
import { startChildTransport } from '../../src/session/hosts/process/child-transport.ts'
import { programs } from './programs.ts'
import { ProgramRunner, startOf, type Choose } from './run-program.ts'

const hostOptions = { memoryMb: 256, timeZone: 'UTC', locale: 'en-US' }

/** Each kind of host, and a function that starts one. */
export const hosts: readonly (readonly [name: string, start: () => Transport])[] = [
  ['in the process', () => startInProcessHost()],
  ['in a child process', () => startChildTransport({ profile: 'default', ...hostOptions })],
  ['in a strict child process', () => startChildTransport({ profile: 'strict', ...hostOptions })],
]

/** Records runs with one command at a time, and expects the same events when a program receives all commands at once. */
export async function expectDeterministic(start: () => Transport, numRuns: number): Promise<void> {
  await using transport = start()
  const runner = new ProgramRunner(transport)
  const generated = fc.asyncProperty(programs, fc.nat(), fc.infiniteStream(fc.nat()), async (source, seed, numbers) => {
    const command = startOf(source, seed)
    const original = await runner.record(command, chooser(numbers))
    for (let time = 0; time < 2; time++) {
      const again = await runner.replay(command, original.commands)
      expect(JSON.stringify(again.events)).toBe(JSON.stringify(original.events))
    }
  })
  await fc.assert(generated, { numRuns, endOnFailure: true })
}

function chooser(numbers: Iterator<number>): Choose {
  return (below) => Number(numbers.next().value) % below
}
