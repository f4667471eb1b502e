import { unknownValue } from '../../tools/validation/visit.ts'
import { childListOf, childOf, nameOf, type SyntaxNode, textOf } from './syntax-tree.ts'

/**
 * Returns the argument of a call as far as it is known, with `unknownValue` for the other parts. Returns null when too
 * little is known: for spreads, computed keys, methods, and anything but a literal.
 */
export function knownArgument(node: SyntaxNode): { readonly value: unknown } | null {
  const value = node.type === 'ObjectExpression' ? knownObject(node) : knownValue(node)
  return value === unknownValue ? null : { value }
}

/** Returns a JSON literal, or `unknownValue` for anything else. */
function knownValue(node: SyntaxNode | null): unknown {
  if (node === null) return unknownValue
  const text = textOf(node)
  if (text !== null) return text
  switch (node.type) {
    case 'Literal':
      return isJsonScalar(node) ? node['value'] : unknownValue
    case 'UnaryExpression': {
      const operand = knownValue(childOf(node, 'argument'))
      return node['operator'] === '-' && typeof operand === 'number' ? -operand : unknownValue
    }
    case 'ArrayExpression':
      return knownArray(node)
    case 'ObjectExpression':
      return knownObject(node)
    default:
      return unknownValue
  }
}

function isJsonScalar(node: SyntaxNode): boolean {
  const { value } = node
  if (typeof value === 'number') return Number.isFinite(value)
  // An invalid regular expression is null as well.
  return typeof value === 'boolean' || (value === null && node['raw'] === 'null')
}

/** A spread or a gap leaves the length unknown. */
function knownArray(node: SyntaxNode): unknown {
  const elements = node['elements']
  const nodes = childListOf(node, 'elements')
  if (!Array.isArray(elements) || elements.length !== nodes.length) return unknownValue
  if (nodes.some(({ type }) => type === 'SpreadElement')) return unknownValue
  return nodes.map((element) => knownValue(element))
}

/** The last of several members with one name wins. */
function knownObject(node: SyntaxNode): unknown {
  const object: Record<string, unknown> = {}
  for (const property of childListOf(node, 'properties')) {
    const key = plainKeyOf(property)
    if (key === null) return unknownValue
    object[key] = knownValue(childOf(property, 'value'))
  }
  return object
}

/** Returns null for spreads, methods, computed keys, and keys with a special meaning. */
function plainKeyOf(property: SyntaxNode): string | null {
  if (property.type !== 'Property' || property['kind'] !== 'init') return null
  if (property['computed'] === true || property['method'] === true) return null
  const node = childOf(property, 'key')
  const key = nameOf(node) ?? (node?.type === 'Literal' ? String(node['value']) : null)
  return key === '__proto__' || key === 'toJSON' ? null : key
}
