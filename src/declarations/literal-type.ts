import { jsonText } from './json-text.ts'
import { textNode, unionOf, unknownNode, type TypeNode } from './type-node.ts'

/** How literals are written: at most so many values of one enum, and each at most so long. */
export type LiteralLimits = { readonly values: number; readonly length: number }

/** A JSON value as a type; the kind of the value when it is too long. */
export function literalType(value: unknown, { length }: LiteralLimits): TypeNode {
  const text = jsonText(value)
  if (text === undefined) return unknownNode
  return text.length > length ? kindNode(value === null ? 'null' : typeof value) : textNode(text)
}

/** The values of an enum as a union. One that is cut is open: what it no longer names has to fit as well. */
export function enumType(values: readonly unknown[], limits: LiteralLimits): TypeNode {
  const shown = values.slice(0, limits.values).map((value) => literalType(value, limits))
  const kinds = new Set(values.slice(limits.values).map((value) => (value === null ? 'null' : typeof value)))
  return unionOf([...shown, ...[...kinds].map(kindNode)])
}

function kindNode(kind: string): TypeNode {
  return ['string', 'number', 'boolean', 'null'].includes(kind) ? textNode(kind) : unknownNode
}
