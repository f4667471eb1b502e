import { isObject } from './fields.ts'

/** Returns whether two values of JSON are equal; the order of members does not matter. */
export function jsonEqual(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, at) => jsonEqual(item, other[at]))
  }
  if (!isObject(one)) return Object.is(one, other) || (one === 0 && other === 0)
  return isObject(other) && Object.keys(one).length === Object.keys(other).length && includesJson(other, one)
}

/** Returns whether a value has all members of an expected object, at every depth; other values must be equal. */
export function includesJson(value: unknown, expected: unknown): boolean {
  if (!isObject(expected)) return jsonEqual(value, expected)
  if (!isObject(value)) return false
  return Object.entries(expected).every(
    ([name, member]) => Object.hasOwn(value, name) && includesJson(value[name], member),
  )
}
