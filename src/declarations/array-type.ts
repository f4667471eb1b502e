import { isNonEmpty, numberAt, type Schema } from './schema.ts'
import type { Style } from './style.ts'
import { isText, neverNode, unknownNode, type TypeNode } from './type-node.ts'

const maxElements = 100

/** Returns the type of an array schema: of one kind of element, or a tuple as in either draft. */
export function arrayType(schema: Schema, read: (schema: unknown) => TypeNode, { isExact }: Style): TypeNode {
  const { prefixItems, items, additionalItems } = schema
  const tuple = isExact ? tupleType : plainTuple
  if (isNonEmpty(prefixItems)) return tuple(schema, prefixItems, items, read)
  if (isNonEmpty(items)) return tuple(schema, items, additionalItems, read)
  if (items === false) return { type: 'array', element: neverNode }
  return { type: 'array', element: items === undefined ? unknownNode : read(items) }
}

/** In the style of the reference a tuple has its elements, whatever the schema states about its length. */
function plainTuple(
  _schema: Schema,
  elements: readonly unknown[],
  _others: unknown,
  read: (schema: unknown) => TypeNode,
): TypeNode {
  if (elements.length > maxElements) return { type: 'array', element: unknownNode }
  const nodes = elements.map(read)
  return { type: 'tuple', elements: nodes, required: nodes.length, rest: null }
}

/** Keywords that can contribute elements, so that `unevaluatedItems` does not close the list here. */
const applicators = ['$ref', '$dynamicRef', '$recursiveRef', 'allOf', 'anyOf', 'oneOf', 'if', 'contains']

/** Elements after `minItems` may be missing, and more may follow, unless the schema forbids it. */
function tupleType(
  schema: Schema,
  elements: readonly unknown[],
  others: unknown,
  read: (schema: unknown) => TypeNode,
): TypeNode {
  const [least, most] = [numberAt(schema, 'minItems'), numberAt(schema, 'maxItems')]
  const isAlone = !applicators.some((name) => Object.hasOwn(schema, name))
  const isClosed = schema['unevaluatedItems'] === false && others === undefined && isAlone
  if (elements.length > maxElements) return { type: 'array', element: unknownNode }
  const limited = elements.slice(0, most)
  const nodes = limited.map(read)
  const isFull = isClosed || (most !== undefined && most <= elements.length)
  const rest = others === false || isFull ? neverNode : others === undefined ? unknownNode : read(others)
  const required = Math.min(least ?? 0, nodes.length)
  return { type: 'tuple', elements: nodes, required, rest: isText(rest, 'never') ? null : rest }
}
