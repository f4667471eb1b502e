import { isRecord } from '../../src/protocol/json.ts'
import { shown } from '../../test/conformance/match.ts'

/** Returns the first difference of two JSON values as `path: first, second`, or null if they are equal. */
export function firstDifference(first: unknown, second: unknown, path = ''): string | null {
  if (Array.isArray(first) && Array.isArray(second)) {
    const length = Math.max(first.length, second.length)
    const indexes = Array.from({ length }, (_, index) => index)
    return firstOf(indexes, (index) => firstDifference(first[index], second[index], `${path}[${index}]`))
  }
  if (isRecord(first) && isRecord(second)) {
    const names = [...new Set([...Object.keys(first), ...Object.keys(second)])]
    return firstOf(names, (name) => firstDifference(first[name], second[name], `${path}.${name}`))
  }
  return Object.is(first, second) ? null : `${path}: ${shown(first)}, ${shown(second)}`
}

function firstOf<Element>(
  elements: readonly Element[],
  differenceOf: (element: Element) => string | null,
): string | null {
  for (const element of elements) {
    const difference = differenceOf(element)
    if (difference !== null) return difference
  }
  return null
}
