import { expect } from 'vitest'
import type { SessionWarning } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import { expected, longYieldTime, soon, source } from './counting-program.ts'
import { Opening } from './durable-trial.ts'

/** Runs the program until it waits, and closes its session. */
export async function begin(location: string): Promise<void> {
  await using first = await Opening.at(location)
  await first.session.execute(source, soon)
  await first.gate.called(1)
  await first.untilIdle()
  expect(first.sentCommands).toBe(400)
}

/** Opens the session again, and runs the program to its end. Returns how it was resumed. */
export async function finish(opening: Opening): Promise<{ restores: number; warnings: readonly SessionWarning[] }> {
  const { session, gate, hosts, warnings } = opening
  const called = gate.calls.length
  await gate.called(called + 1)
  gate.open('answer')
  await gate.called(called + 2)
  gate.open('second')
  expect(textsOf(await session.observe('1', longYieldTime))).toEqual(expected)
  expect(gate.keys).toEqual(['a', 'b'])
  return { restores: hosts.typesOf('restore').length, warnings }
}
