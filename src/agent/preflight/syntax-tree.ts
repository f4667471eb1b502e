import { type Node, parse, type Program } from 'acorn'

export type SyntaxNode = Node & { readonly [field: string]: unknown }

/** A node with its path: `field` is its position in the parent. */
export type NodePath = { readonly node: SyntaxNode; readonly field: string; readonly parent: NodePath | null }

/** Parses a source. Returns null when it is not a JavaScript module, or uses syntax that this parser does not support. */
export function parseModule(source: string): Program | null {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch {
    return null
  }
}

/** Yields every node, parents first, in the order of the source. */
export function nodePathsOf(program: Program): Iterable<NodePath> {
  return isSyntaxNode(program) ? nodePathsBelow(program) : []
}

/** Yields a node and every node below it. */
export function* nodePathsBelow(node: SyntaxNode): Generator<NodePath> {
  const waiting: NodePath[] = [{ node, field: '', parent: null }]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    yield path
    pushChildren(path, waiting)
  }
}

/** Returns the children in reverse order: the last one pushed is visited next. */
function pushChildren(parent: NodePath, waiting: NodePath[]): void {
  const fields = Object.keys(parent.node)
  for (let at = fields.length - 1; at >= 0; at--) {
    const field = fields[at] ?? ''
    const value = parent.node[field]
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) {
      if (isSyntaxNode(value)) waiting.push({ node: value, field, parent })
      continue
    }
    for (let index = value.length - 1; index >= 0; index--) {
      const node: unknown = value[index]
      if (isSyntaxNode(node)) waiting.push({ node, field, parent })
    }
  }
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Returns the node in a field, or null. */
export function childOf(node: SyntaxNode, field: string): SyntaxNode | null {
  const child = node[field]
  return isSyntaxNode(child) ? child : null
}

/** Returns the nodes in a field that has a list. */
export function childListOf(node: SyntaxNode, field: string): SyntaxNode[] {
  const list = node[field]
  return Array.isArray(list) ? list.filter((child) => isSyntaxNode(child)) : []
}

/** Returns the name of an identifier, or null. */
export function nameOf(node: SyntaxNode | null): string | null {
  return node?.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : null
}

/** Returns the value of a string literal or of a template without substitutions, or null. */
export function textOf(node: SyntaxNode | null): string | null {
  if (node?.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : null
  if (node?.type !== 'TemplateLiteral' || childListOf(node, 'expressions').length > 0) return null
  const [quasi] = childListOf(node, 'quasis')
  const value = quasi?.['value']
  const cooked: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'cooked') : null
  return typeof cooked === 'string' ? cooked : null
}

/** Returns the property name of a member expression, or null when it is computed. */
export function memberNameOf(node: SyntaxNode): string | null {
  const property = childOf(node, 'property')
  return node['computed'] === true ? textOf(property) : nameOf(property)
}

/** Returns both names of `object.name(…)` or `object[…](…)` with a plain identifier, or null. */
export function methodCallOf(node: SyntaxNode | null): { object: string | null; method: string | null } | null {
  const callee = node?.type === 'CallExpression' ? childOf(node, 'callee') : null
  if (callee?.type !== 'MemberExpression') return null
  return { object: nameOf(childOf(callee, 'object')), method: memberNameOf(callee) }
}
