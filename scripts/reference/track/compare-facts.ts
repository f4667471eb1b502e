import { isRecord } from '../../../src/protocol/json.ts'
import type { Change, Facts } from './facts.ts'
import { cutLine, lineDifference } from './line-difference.ts'

/** Returns the facts that differ, in the order of the names of the pinned version, then of those that are new. */
export function compareFacts(pinned: Facts, next: Facts): readonly Change[] {
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(next)])]
  return names.flatMap((name): Change[] => {
    if (!Object.hasOwn(next, name)) return [{ name, type: 'removed', difference: [] }]
    if (!Object.hasOwn(pinned, name)) return [{ name, type: 'added', difference: [] }]
    const difference = differencesOf(pinned[name], next[name])
    return difference.length === 0 ? [] : [{ name, type: 'changed', difference }]
  })
}

/** Returns the differences of two JSON values, one line for each value, or several for a string with lines. */
function differencesOf(first: unknown, second: unknown, path = ''): readonly string[] {
  if (Array.isArray(first) && Array.isArray(second)) {
    const indexes = Array.from({ length: Math.max(first.length, second.length) }, (_, index) => index)
    return indexes.flatMap((index) => differencesOf(first[index], second[index], `${path}[${index}]`))
  }
  if (isRecord(first) && isRecord(second)) {
    const names = [...new Set([...Object.keys(first), ...Object.keys(second)])]
    return names.flatMap((name) => differencesOf(first[name], second[name], `${path}.${name}`))
  }
  if (Object.is(first, second)) return []
  if (typeof first === 'string' && typeof second === 'string' && `${first}${second}`.includes('\n')) {
    const lines = lineDifference(first, second)
    return path === '' ? lines : [`${path}:`, ...lines]
  }
  const [from, to] = [jsonOf(first), jsonOf(second)]
  return [`${path === '' ? '' : `${path}: `}${cutLine(from, to)} → ${cutLine(to, from)}`]
}

function jsonOf(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
