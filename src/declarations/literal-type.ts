import { jsonText } from './json-text.ts'
import { textNode, unionOf, unknownNode, type TypeNode } from './type-node.ts'

/** Limits of literals: the number of values of one enum, and the length of each. */
export type LiteralLimits = { readonly values: number; readonly length: number }

/** Returns a JSON value as a type; the type of the value when it is too long. */
export function literalType(value: unknown, { length }: LiteralLimits): TypeNode {
  const text = jsonText(value)
  if (text === undefined) return unknownNode
  return text.length > length ? kindNode(value === null ? 'null' : typeof value) : textNode(text)
}

/** Returns the values of an enum as a union. A truncated enum is open, because the omitted values must fit as well. */
export function enumType(values: readonly unknown[], limits: LiteralLimits): TypeNode {
  const shown = values.slice(0, limits.values).map((value) => literalType(value, limits))
  const kinds = new Set(values.slice(limits.values).map((value) => (value === null ? 'null' : typeof value)))
  return unionOf([...shown, ...[...kinds].map(kindNode)])
}

function kindNode(kind: string): TypeNode {
  return ['string', 'number', 'boolean', 'null'].includes(kind) ? textNode(kind) : unknownNode
}
