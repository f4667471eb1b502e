import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SupervisorChoice } from './supervisor-choice.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const addressOf = (name: string): { readonly name: string; readonly ip: string; readonly port: number } => ({
  name,
  ip: `10.0.0.${name}`,
  port: 7700,
})

/** Returns how often each name was first. */
function firsts(choice: SupervisorChoice, names: readonly string[], rounds = 400): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let round = 0; round < rounds; round++) {
    const first = choice.order(names.map(addressOf))[0]?.name ?? ''
    counts[first] = (counts[first] ?? 0) + 1
  }
  return counts
}

test('supervisors of which nothing is known are chosen at random, and all are in the order', () => {
  const choice = new SupervisorChoice()
  const counts = firsts(choice, ['1', '2', '3', '4'])
  for (const name of ['1', '2', '3', '4']) expect(counts[name]).toBeGreaterThan(40)
  expect(
    choice
      .order(['1', '2', '3'].map(addressOf))
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['1', '2', '3'])
})

test('of two supervisors, the one with fewer used slots is first', () => {
  const choice = new SupervisorChoice()
  choice.onUse(addressOf('1'), { used: 3, slots: 8 })
  choice.onUse(addressOf('2'), { used: 2, slots: 8 })
  expect(firsts(choice, ['1', '2'])).toEqual({ 2: 400 })
})

test('of many supervisors, the one with the most used slots is never first', () => {
  const choice = new SupervisorChoice()
  for (const name of ['1', '2', '3', '4']) choice.onUse(addressOf(name), { used: Number(name), slots: 8 })
  const counts = firsts(choice, ['1', '2', '3', '4'])
  expect(Object.keys(counts)).not.toContain('4')
  expect(counts['1'] ?? 0).toBeGreaterThan(counts['3'] ?? 0)
})

test('attempts in progress count as used slots', () => {
  const choice = new SupervisorChoice()
  choice.onDial(addressOf('1'))
  expect(firsts(choice, ['1', '2'])).toEqual({ 2: 400 })
  choice.onDialed(addressOf('1'))
  expect(Object.keys(firsts(choice, ['1', '2']))).toHaveLength(2)
})

test('full supervisors and those that failed are last, until their reports are old', () => {
  const choice = new SupervisorChoice()
  choice.onUse(addressOf('1'), { used: 8, slots: 8 })
  choice.avoid(addressOf('2'))
  choice.onUse(addressOf('3'), { used: 7, slots: 8 })
  for (let round = 0; round < 20; round++) {
    expect(choice.order(['1', '2', '3'].map(addressOf)).map(({ name }) => name)).toEqual(['3', '1', '2'])
  }
  vi.advanceTimersByTime(10_001)
  expect(Object.keys(firsts(choice, ['1', '2', '3']))).toHaveLength(3)
})

test('a supervisor that was accepted again, or left the list, is not avoided', () => {
  const choice = new SupervisorChoice()
  choice.avoid(addressOf('1'))
  choice.onAccepted(addressOf('1'))
  expect(Object.keys(firsts(choice, ['1', '2']))).toHaveLength(2)
  choice.avoid(addressOf('2'))
  choice.keepOnly([addressOf('1')])
  expect(Object.keys(firsts(choice, ['1', '2']))).toHaveLength(2)
})
