import { isRecord } from '../../../src/protocol/json.ts'

/** A record with more members than this, or with ids as names, counts as a map. */
const maxMembers = 60
const idPattern = /[\d:/-]/

/**
 * Returns the paths of the members of a JSON value with their types, such as `.threads.*.status: string`. The members of
 * a map and the elements of an array share one path. Values below `depth` members have no paths of their own.
 */
export function fieldPaths(value: unknown, depth: number = Infinity, path = ''): ReadonlySet<string> {
  const own = path === '' ? [] : [`${path}: ${typeOf(value)}`]
  if (depth === 0) return new Set(own)
  if (Array.isArray(value)) {
    return new Set([...own, ...value.flatMap((each: unknown) => [...fieldPaths(each, depth - 1, `${path}[]`)])])
  }
  if (!isRecord(value)) return new Set(own)
  const names = Object.keys(value)
  const isMap = names.length > maxMembers || names.some((name) => idPattern.test(name))
  const inner = names.flatMap((name) => [...fieldPaths(value[name], depth - 1, `${path}.${isMap ? '*' : name}`)])
  return new Set([...own, ...inner])
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Fields of several values of one kind, by kind. */
export class FieldTable {
  readonly #kinds = new Map<string, Set<string>>()

  add(kind: string, paths: Iterable<string>): void {
    const known = this.#kinds.get(kind) ?? new Set()
    for (const path of paths) known.add(path)
    this.#kinds.set(kind, known)
  }

  /** Returns one fact for each kind: its fields, one per line. */
  facts(): Readonly<Record<string, string>> {
    const sorted = [...this.#kinds].toSorted(([one], [other]) => one.localeCompare(other))
    return Object.fromEntries(sorted.map(([kind, paths]) => [kind, [...paths].toSorted().join('\n')]))
  }
}
