import { isRecord } from '../../src/protocol/json.ts'
import { isMatcher, mismatch } from './match.ts'

/**
 * Returns the first mismatch of content items, or null. A string or a matcher matches a text item; `{"$item": matcher}`
 * matches the whole item; other objects are compared with it.
 */
export function itemsMismatch(expected: unknown, actual: unknown): string | null {
  return mismatch(asItems(expected), actual)
}

function asItems(expected: unknown): unknown {
  if (Array.isArray(expected)) return expected.map((element) => asItem(element))
  if (isRecord(expected) && Array.isArray(expected['$anyOf'])) {
    return { ...expected, $anyOf: expected['$anyOf'].map((choice: unknown) => asItems(choice)) }
  }
  return expected
}

function asItem(element: unknown): unknown {
  if (isRecord(element) && Object.hasOwn(element, '$item')) {
    if (Object.keys(element).length > 1) throw new TypeError('Cannot use matcher "$item" beside others')
    return element['$item']
  }
  return typeof element === 'string' || isMatcher(element) ? { type: 'input_text', text: element } : element
}
