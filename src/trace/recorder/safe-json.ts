import { messageOf } from '../../errors.ts'

/** The maximum depth of a value that `JSON.stringify` refuses. */
const maxDepth = 100

/**
 * Serializes any value. Of a value without JSON, every member that has JSON is kept: cycles, throwing getters and others become
 * `{not_recorded: reason}`, and bigints become strings.
 */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return JSON.stringify(recordableValue(value, [])) ?? 'null'
  }
}

/** Returns a copy of a value that `JSON.stringify` accepts. `parents` are the objects around it. */
function recordableValue(value: unknown, parents: readonly object[]): unknown {
  try {
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null) return value
    if (parents.includes(value)) return { not_recorded: 'a cycle' }
    if (parents.length >= maxDepth) return { not_recorded: `nested deeper than ${maxDepth}` }
    const inside = [...parents, value]
    const toJSON: unknown = Reflect.get(value, 'toJSON')
    if (typeof toJSON === 'function') return recordableValue(Reflect.apply(toJSON, value, []), inside)
    if (Array.isArray(value)) return Array.from(value, (_, index) => recordableMember(value, index, inside))
    return Object.fromEntries(Object.keys(value).map((name) => [name, recordableMember(value, name, inside)]))
  } catch (error) {
    return { not_recorded: messageOf(error) }
  }
}

function recordableMember(value: object, name: string | number, parents: readonly object[]): unknown {
  try {
    return recordableValue(Reflect.get(value, name), parents)
  } catch (error) {
    return { not_recorded: messageOf(error) }
  }
}
