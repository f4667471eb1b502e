import { expect } from 'vitest'
import type { SessionWarning } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import { Opening } from './durable-trial.ts'

export const soon = { yieldTimeMs: 0 }
export const longYieldTime = { yieldTimeMs: 600_000 }

/** A program with state of many kinds, which makes 400 calls and then waits twice. */
export const source: string = `
  const seen = new Map()
  class Counter { #n = 0; add(n) { this.#n += n; return this.#n } }
  const counter = new Counter()
  for (let i = 0; i < 400; i++) seen.set(i, counter.add(await tools.count({ i })))
  text([...seen.values()].at(-1))
  store("sum", counter.add(0))
  const random = Math.random()
  text(await tools.gate({ key: "a" }))
  text([counter.add(0), seen.size, random === Math.random(), ALL_TOOLS.length])
  text(await tools.gate({ key: "b" }))
  text(counter.add(1))`

export const expected: readonly string[] = ['800', 'answer', '[800,400,false,3]', 'second', '801']

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
