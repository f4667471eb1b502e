import type { CellOutcome } from '../../src/session/api/outcome.ts'
import { textsOf } from '../support/texts.ts'
import type { ScenarioEnd } from './scenario-end.ts'

/**
 * Compares a scenario with the run of the same programs without faults. Returns descriptions of the differences.
 *
 * These must be equal: every printed item of every program, in order, once; the ending of each program; the stored
 * values (the last program prints them all); each effect, once. The only freedom is a call that cannot be retried and
 * was pending when a process was killed or lost its session: the program receives the error that its outcome is
 * unknown, and its effect has happened once or not at all.
 */
export function violationsOf(end: ScenarioEnd, faultless: ScenarioEnd): readonly string[] {
  const hadCut = end.struck.some(({ fault }) => fault.damage === 'cut')
  return [
    ...end.troubles,
    ...end.tools.violations,
    ...(end.openCells.length > 0 ? [`cells are left: ${end.openCells.join()}`] : []),
    ...outputViolations(end, faultless, hadCut),
    ...effectViolations(end, faultless),
    ...ledgerViolations(end),
    ...notificationViolations(end, faultless),
    ...timerViolations(end),
  ]
}

type Printed = { readonly items: readonly string[]; readonly ending: string; readonly cellId: string }

/** Returns all output of each program, joined. */
function printedBy({ received }: ScenarioEnd): ReadonlyMap<string, Printed> {
  const programs = new Map<string, Printed>()
  const inOrder = [...received].toSorted(([left], [right]) => turnOf(left) - turnOf(right))
  for (const [requestId, outcome] of inOrder) {
    const name = requestId.slice(0, requestId.lastIndexOf('-'))
    const before = programs.get(name)?.items ?? []
    programs.set(name, { items: [...before, ...textsOf(outcome)], ending: endingOf(outcome), cellId: outcome.cellId })
  }
  return programs
}

function turnOf(requestId: string): number {
  return Number(requestId.slice(requestId.lastIndexOf('-') + 1))
}

function endingOf(outcome: CellOutcome): string {
  return outcome.type === 'failed' ? `failed: ${outcome.errorText.split('\n')[0]}` : outcome.type
}

function outputViolations(end: ScenarioEnd, faultless: ScenarioEnd, hadCut: boolean): readonly string[] {
  const printed = printedBy(end)
  // A host crash loses no call: only with its agent, or the session of the agent, can a call be lost.
  const isLossPossible = end.struck.some(
    ({ fault, came }) => !['host', 'server'].includes(fault.target) && came !== 'refused',
  )
  // The truncated part of a journal is unknown: such a cell may report that and end. Then it has stored nothing.
  const lost = new Set(
    [...printed].flatMap(([name, { ending }]) =>
      hadCut && ending.includes('the replay of the program diverged') ? [name] : [],
    ),
  )
  return [...printedBy(faultless)].flatMap(([name, expected]) => {
    const found = printed.get(name)
    if (found === undefined) return [`nothing came of ${name}`]
    if (lost.has(name)) return []
    const isSame =
      found.ending === expected.ending &&
      found.items.length === expected.items.length &&
      expected.items.every(
        (item, at) =>
          item === found.items[at] ||
          (isLossPossible && found.items[at] === withOutcome(item, 'unknown')) ||
          // A result is in the journal before it is in the ledger: only a journal that lost its end has lost one.
          (hadCut && found.items[at] === withOutcome(item, 'lost')) ||
          (lost.has(programOf(item)) && found.items[at] === item.replace(/ = .*/, ' = undefined')),
      )
    return isSame
      ? []
      : [
          `${name} printed ${JSON.stringify(found.items)} and ${found.ending}, not ${JSON.stringify(expected.items)} and ${expected.ending}`,
        ]
  })
}

/** Returns the program that stored the value in a line of the last program. */
function programOf(line: string): string {
  const [, lane, number] = /^L(\d+)P(\d+)\w* = /.exec(line) ?? []
  return `lane-${lane}-${number}`
}

/** Returns the line for a state of its call; null: the call may be retried, so its outcome is always known. */
function withOutcome(item: string, outcome: 'unknown' | 'lost'): string | null {
  return item.startsWith('put ') ? null : item.replace(/: (applied|refused)$/, `: ${outcome}`)
}

/** Finds repeated effects, and missing effects whose result a program received. */
function effectViolations(end: ScenarioEnd, faultless: ScenarioEnd): readonly string[] {
  const effects = end.tools.effects()
  const expected = faultless.tools.effects()
  const told = [...printedBy(end).values()].flatMap(({ items }) => items)
  return [
    ...[...effects].flatMap(([name, count]) => (count > 1 ? [`${name} happened ${count} times`] : [])),
    ...[...effects.keys()].flatMap((name) =>
      expected.has(name) || name.includes('free') ? [] : [`${name} was never asked for`],
    ),
    ...told.flatMap((line) => {
      const [, label, state] = /^(?:put )?(.*): (applied|refused)$/.exec(line) ?? []
      if (label === undefined) return []
      const names = ['append', 'slow', 'put', 'refuse'].map((tool) => `${tool} ${JSON.stringify({ label })}`)
      return names.some((name) => effects.has(name)) ? [] : [`"${label}" is said to be ${state}, and no tool saw it`]
    }),
  ]
}

/** Finds differences between the ledger and the calls that the tools received. */
function ledgerViolations({ tools, ledger, isShared }: ScenarioEnd): readonly string[] {
  const states = new Map(ledger.map(({ key, state }) => [key, state]))
  const unlisted = tools.requests.filter(({ key }) => !states.has(key)).map(({ key }) => `${key} is on no ledger`)
  const wrong = ledger.flatMap(({ key, state }) => {
    const request = tools.saw(key)
    if (state === 'not_started' && request !== undefined) return [`${key} is "not_started", and a tool saw it`]
    if (state === 'applied' && (request === undefined || request.tool === 'refuse'))
      return [`${key} is "applied", and was not`]
    // A call that is cancelled while it waits for its record has not reached its tool.
    const isCancelled = isShared && request === undefined
    if (state === 'failed' && request?.tool !== 'refuse' && !isCancelled) return [`${key} is "failed", and has not`]
    return state === 'started' ? [`${key} is "started" at the end`] : []
  })
  return ledger.length === 0 && tools.requests.length === 0 ? [] : [...unlisted, ...wrong]
}

/** Checks that each arrived at least once, in order, and none was invented; only the latest may be repeated. */
function notificationViolations(end: ScenarioEnd, faultless: ScenarioEnd): readonly string[] {
  const hadCut = end.struck.some(({ fault }) => fault.damage === 'cut')
  const cells = new Map([...printedBy(end)].map(([name, { cellId }]) => [name, cellId]))
  return [...printedBy(faultless)].flatMap(([name, { cellId }]) => {
    const expected = faultless.notified.get(cellId) ?? []
    const found = end.notified.get(cells.get(name) ?? '') ?? []
    let at = 0
    for (const text of found) {
      if (text === expected[at]) at++
      else if (text !== expected[at - 1]) return [`${name} notified ${found.join(', ')}, not ${expected.join(', ')}`]
    }
    return at === expected.length || hadCut ? [] : [`${name} notified ${found.join(', ')}, not ${expected.join(', ')}`]
  })
}

/**
 * Checks that timers which a program sets at once fire by their delays, equal ones in the order in which they were set.
 */
function timerViolations(end: ScenarioEnd): readonly string[] {
  return [...printedBy(end)].flatMap(([name, { items }]) => {
    const fired = items.flatMap((item) => {
      const [, label = '', ms, at] = /^(\S+) timer (\d+) (\d+)$/.exec(item) ?? []
      return label === '' ? [] : [{ label, ms: Number(ms), at: Number(at) }]
    })
    const isLate = fired.some(({ label, ms, at }, index) => {
      const next = fired[index + 1]
      return next?.label === label && (next.ms - ms || next.at - at) < 0
    })
    return isLate ? [`timers of ${name} fired as ${fired.map(({ ms, at }) => `${ms} (${at})`).join(', ')}`] : []
  })
}
