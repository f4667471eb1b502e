import { childListOf, childOf, nameOf, type SyntaxNode, textOf } from './syntax-tree.ts'

/** The known part of an argument. `holes` are members whose value is unknown before the run; it is null here. */
export type KnownArgument = { readonly value: unknown; readonly holes: ReadonlySet<string> }

/** Returns null when too little is known: for spreads, computed keys, methods, and anything but a literal. */
export function knownArgument(node: SyntaxNode): KnownArgument | null {
  const whole = literalValue(node)
  if (whole !== null) return { value: whole.value, holes: new Set() }
  if (node.type !== 'ObjectExpression') return null
  const value: Record<string, unknown> = {}
  const holes = new Set<string>()
  for (const property of childListOf(node, 'properties')) {
    const key = plainKeyOf(property)
    if (key === null) return null
    const member = literalValue(childOf(property, 'value'))
    // The last of several members with one name wins.
    holes.delete(key)
    if (member === null) holes.add(key)
    value[key] = member === null ? null : member.value
  }
  return { value, holes }
}

/** Returns a complete JSON literal, or null for anything else. */
function literalValue(node: SyntaxNode | null): { readonly value: unknown } | null {
  if (node === null) return null
  const text = textOf(node)
  if (text !== null) return { value: text }
  switch (node.type) {
    case 'Literal':
      return isJsonScalar(node) ? { value: node['value'] } : null
    case 'UnaryExpression': {
      const operand = literalValue(childOf(node, 'argument'))
      return node['operator'] === '-' && typeof operand?.value === 'number' ? { value: -operand.value } : null
    }
    case 'ArrayExpression':
      return literalArray(node)
    case 'ObjectExpression':
      return literalObject(node)
    default:
      return null
  }
}

function isJsonScalar(node: SyntaxNode): boolean {
  const { value } = node
  if (typeof value === 'number') return Number.isFinite(value)
  // An invalid regular expression is null as well.
  return typeof value === 'boolean' || (value === null && node['raw'] === 'null')
}

function literalArray(node: SyntaxNode): { readonly value: unknown } | null {
  const elements = node['elements']
  const values = childListOf(node, 'elements').map((element) => literalValue(element))
  if (!Array.isArray(elements) || elements.length !== values.length) return null
  return values.includes(null) ? null : { value: values.map((known) => known?.value) }
}

function literalObject(node: SyntaxNode): { readonly value: unknown } | null {
  const object: Record<string, unknown> = {}
  for (const property of childListOf(node, 'properties')) {
    const key = plainKeyOf(property)
    const member = literalValue(childOf(property, 'value'))
    if (key === null || member === null) return null
    object[key] = member.value
  }
  return { value: object }
}

/** Returns null for spreads, methods, computed keys, and keys with a special meaning. */
function plainKeyOf(property: SyntaxNode): string | null {
  if (property.type !== 'Property' || property['kind'] !== 'init') return null
  if (property['computed'] === true || property['method'] === true) return null
  const node = childOf(property, 'key')
  const key = nameOf(node) ?? (node?.type === 'Literal' ? String(node['value']) : null)
  return key === '__proto__' || key === 'toJSON' ? null : key
}
