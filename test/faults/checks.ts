import type { Outcome } from '../../src/session/api/outcome.ts'
import { textsOf } from '../support/texts.ts'
import type { ScenarioEnd } from './scenario-end.ts'

/**
 * Compares a scenario with the run of the same programs in which nothing broke. Gives what is wrong, in words.
 *
 * The same has to be: every printed item of every program, in order, once; how each program ended; the stored values (the last
 * program prints them all); each effect, once. Freedom there is only for a call that cannot be made again and was under way
 * when a process was killed or lost its session: the program is told that its outcome is unknown, and its effect has happened once or not at all.
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

/** All that was received of each program, put together. */
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

function endingOf(outcome: Outcome): string {
  return outcome.type === 'failed' ? `failed: ${outcome.errorText.split('\n')[0]}` : outcome.type
}

function outputViolations(end: ScenarioEnd, faultless: ScenarioEnd, hadCut: boolean): readonly string[] {
  const printed = printedBy(end)
  // A host that dies takes no call along: only with its agent, or the agent's session, can a call be lost.
  const isLossPossible = end.struck.some(({ fault, came }) => fault.target !== 'host' && came !== 'refused')
  // What was cut off the journal cannot be known: such a cell may say so, and end. Then it has stored nothing.
  const lost = new Set(
    [...printed].flatMap(([name, { ending }]) =>
      hadCut && ending.includes('did not take the same way') ? [name] : [],
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
          // An answer is on record before the ledger says so: only a journal that lost its end has lost one.
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

/** Which program stored the value that a line of the last program is about. */
function programOf(line: string): string {
  const [, lane, number] = /^L(\d+)P(\d+)\w* = /.exec(line) ?? []
  return `lane-${lane}-${number}`
}

/** How a line reads when that is what is known of its call; null: its call may be repeated, so more is always known. */
function withOutcome(item: string, outcome: 'unknown' | 'lost'): string | null {
  return item.startsWith('put ') ? null : item.replace(/: (applied|refused)$/, `: ${outcome}`)
}

/** No effect twice; none missing that a program was told of. */
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

/** What the ledger says and what the tools saw are the same. */
function ledgerViolations({ tools, ledger }: ScenarioEnd): readonly string[] {
  const states = new Map(ledger.map(({ key, state }) => [key, state]))
  const unlisted = tools.requests.filter(({ key }) => !states.has(key)).map(({ key }) => `${key} is on no ledger`)
  const wrong = ledger.flatMap(({ key, state }) => {
    const request = tools.saw(key)
    if (state === 'not_started' && request !== undefined) return [`${key} is "not_started", and a tool saw it`]
    if (state === 'applied' && (request === undefined || request.tool === 'refuse'))
      return [`${key} is "applied", and was not`]
    if (state === 'failed' && request?.tool !== 'refuse') return [`${key} is "failed", and has not`]
    return state === 'started' ? [`${key} is "started" at the end`] : []
  })
  return ledger.length === 0 && tools.requests.length === 0 ? [] : [...unlisted, ...wrong]
}

/** Each at least once, in order, none invented; only the newest may come again. */
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

/** Timers that a program sets at once fire by their delays, equal ones in the order in which they were set. */
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
