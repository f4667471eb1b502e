import { parseTree, type Node, type ParseError } from 'jsonc-parser'

/** A key that occurs more than once in one object, with the line of its last occurrence, counted from 1. */
type RepeatedKey = { readonly key: string; readonly line: number }

type JsonDocument = {
  readonly value: unknown
  readonly errors: readonly ParseError[]
  readonly repeated: readonly RepeatedKey[]
}

/**
 * Parses JSON with comments and trailing commas. Of a key that occurs twice the last value counts, as in JSON. Every key is a
 * property of its object, also `__proto__`, which the parser of the library would use as the prototype.
 */
export function parseJsonDocument(text: string): JsonDocument {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  if (root === undefined || errors.length > 0) return { value: undefined, errors, repeated: [] }
  const repeated: RepeatedKey[] = []
  const onRepeated = (key: string, offset: number): void => {
    repeated.push({ key, line: text.slice(0, offset).split('\n').length })
  }
  return { value: valueOf(root, onRepeated), errors, repeated }
}

function valueOf(node: Node, onRepeated: (key: string, offset: number) => void): unknown {
  const { type, children = [] } = node
  if (type === 'array') return children.map((child) => valueOf(child, onRepeated))
  if (type !== 'object') return node.value
  const members = new Map<string, unknown>()
  for (const { children: [name, member] = [] } of children) {
    if (name === undefined || member === undefined) continue
    const key = String(name.value)
    if (members.has(key)) onRepeated(key, name.offset)
    members.set(key, valueOf(member, onRepeated))
  }
  return Object.fromEntries(members)
}
