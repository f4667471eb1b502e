import type { Change, PartReport, TrackReport } from './facts.ts'

/** Maximum number of lines of one change in a report. */
const maxDifferenceLines = 24

/** Returns a report as text: for each part the number of equal facts, and each change. */
export function printReport({ pinned, version, parts }: TrackReport): string {
  const sections = parts.map((part) => sectionOf(part).join('\n'))
  const head = `Codex ${version} compared with Codex ${pinned}, the pinned version (- pinned, + ${version})`
  return `${[head, ...sections, summaryOf(parts)].join('\n\n')}\n`
}

function sectionOf({ title, equal, repeated, changes, failure }: PartReport): readonly string[] {
  if (failure !== null) return [`${title}: could not run`, ...failure.split('\n').map((line) => `  ${line}`)]
  const ofType = (type: Change['type']): readonly Change[] => changes.filter((change) => change.type === type)
  const counts = [
    `${equal} equal`,
    ...(repeated.length === 0 ? [] : [`of which ${repeated.length} in a repeated run (${repeated.join(', ')})`]),
    ...(['changed', 'added', 'removed'] as const).flatMap((type) => {
      const count = ofType(type).length
      return count === 0 ? [] : [`${count} ${type}`]
    }),
  ]
  return [
    `${title}: ${counts.join(', ')}`,
    ...grouped(ofType('changed')).flatMap(({ names, difference }) => [`  ${names.join(', ')}`, ...cut(difference)]),
    ...(['added', 'removed'] as const).flatMap((type) => {
      const names = ofType(type).map(({ name }) => name)
      return names.length === 0 ? [] : [`  ${type}: ${names.join(', ')}`]
    }),
  ]
}

type Group = { readonly names: string[]; readonly difference: readonly string[] }

/** Facts with the same difference are printed together. */
function grouped(changes: readonly Change[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const { name, difference } of changes) {
    const key = difference.join('\n')
    const group = groups.get(key) ?? { names: [], difference }
    groups.set(key, group)
    group.names.push(name)
  }
  return [...groups.values()]
}

function cut(difference: readonly string[]): readonly string[] {
  const lines = difference.slice(0, maxDifferenceLines).map((line) => `    ${line}`)
  const left = difference.length - lines.length
  return left === 0 ? lines : [...lines, `    … ${left} more lines (--json has all)`]
}

function summaryOf(parts: readonly PartReport[]): string {
  const failed = parts.filter(({ failure }) => failure !== null).map(({ part }) => part)
  const changed = parts.filter(({ changes }) => changes.length > 0).map(({ part }) => part)
  const notRun = failed.length === 0 ? '' : ` Could not run: ${failed.join(', ')}.`
  return `${changed.length === 0 ? 'Nothing changed.' : `Changed: ${changed.join(', ')}.`}${notRun}`
}
