import { childListOf, childOf, nameOf, type SyntaxNode, textOf } from './syntax-tree.ts'

/** What an argument is known to be. `holes` are members of the object whose value only the run can tell; here it is null. */
export type KnownArgument = { readonly value: unknown; readonly holes: ReadonlySet<string> }

/** Null when too little is known: spreads, computed keys, methods, and anything that is no literal. */
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
    // Of two members with the same name the last one counts.
    holes.delete(key)
    if (member === null) holes.add(key)
    value[key] = member === null ? null : member.value
  }
  return { value, holes }
}

/** A value that JSON can hold and that is written out in full; null for anything else. */
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
  // A regular expression that cannot be made is null, too.
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

/** Null for spreads, methods, computed keys, and the keys that mean more than a member. */
function plainKeyOf(property: SyntaxNode): string | null {
  if (property.type !== 'Property' || property['kind'] !== 'init') return null
  if (property['computed'] === true || property['method'] === true) return null
  const node = childOf(property, 'key')
  const key = nameOf(node) ?? (node?.type === 'Literal' ? String(node['value']) : null)
  return key === '__proto__' || key === 'toJSON' ? null : key
}
