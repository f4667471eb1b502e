import { isNonEmpty, numberAt, type Schema } from './schema.ts'
import { isText, neverNode, unknownNode, type TypeNode } from './type-node.ts'

const maxElements = 100

/** The type of an array's schema: of one kind of element, or a tuple as either draft writes it. */
export function arrayType(schema: Schema, read: (schema: unknown) => TypeNode): TypeNode {
  const { prefixItems, items, additionalItems } = schema
  if (isNonEmpty(prefixItems)) return tupleType(schema, prefixItems, items, read)
  if (isNonEmpty(items)) return tupleType(schema, items, additionalItems, read)
  if (items === false) return { type: 'array', element: neverNode }
  return { type: 'array', element: items === undefined ? unknownNode : read(items) }
}

/**
 * Without a word about its length a tuple has exactly its elements: that is what authors mean. Otherwise what the schema
 * says holds: elements after `minItems` may be missing, and more may follow.
 */
function tupleType(
  schema: Schema,
  elements: readonly unknown[],
  others: unknown,
  read: (schema: unknown) => TypeNode,
): TypeNode {
  const [least, most] = [numberAt(schema, 'minItems'), numberAt(schema, 'maxItems')]
  const isClosed = schema['unevaluatedItems'] === false
  const isSilent = others === undefined && least === undefined && most === undefined && !isClosed
  if (elements.length > maxElements) return { type: 'array', element: unknownNode }
  const kept = elements.slice(0, most)
  const nodes = kept.map(read)
  if (isSilent) return { type: 'tuple', elements: nodes, required: nodes.length, rest: null }
  const isFull = isClosed || (most !== undefined && most <= elements.length)
  const rest = others === false || isFull ? neverNode : others === undefined ? unknownNode : read(others)
  const required = Math.min(least ?? 0, nodes.length)
  return { type: 'tuple', elements: nodes, required, rest: isText(rest, 'never') ? null : rest }
}
