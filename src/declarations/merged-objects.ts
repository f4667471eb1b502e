import { intersectionOf, isText, type Field, type ObjectNode, type TypeNode } from './type-node.ts'

/** Returns a shorter equal intersection: object literals are merged, and redundant members are removed. */
export function mergedIntersection(nodes: readonly TypeNode[]): TypeNode {
  const whole = intersectionOf(nodes)
  if (whole.type !== 'intersection') return whole
  const informative = whole.members.filter((node, at) => !saysNothing(node, without(whole.members, at)))
  const members = informative.length === 0 ? whole.members.slice(0, 1) : informative
  const plain = members.filter((node) => node.type === 'object').filter(({ index }) => index.length === 0)
  const [first, ...others] = plain
  if (first === undefined || others.length === 0) return intersectionOf(members)
  const merged = others.reduce(mergeTwo, first)
  return intersectionOf(
    members.flatMap((node) => (node === first ? [merged] : plain.some((one) => one === node) ? [] : [node])),
  )
}

/** Exact: a property of both has both types, and is optional when it is optional in both. */
function mergeTwo(a: ObjectNode, b: ObjectNode): ObjectNode {
  const fields = new Map<string, Field>(a.fields.map((field) => [field.name, field]))
  for (const field of b.fields) {
    const other = fields.get(field.name)
    fields.set(field.name, other === undefined ? field : mergeFields(other, field))
  }
  const sorted = [...fields.values()].sort((one, two) => (one.name < two.name ? -1 : 1))
  return { type: 'object', fields: sorted, index: [] }
}

function mergeFields(a: Field, b: Field): Field {
  const node = mergedIntersection([a.node, b.node])
  return { ...a, node, isOptional: a.isOptional && b.isOptional, comment: a.comment ?? b.comment }
}

/**
 * Returns whether a member is redundant next to more specific ones: `string` next to literals, an open object next to
 * objects.
 */
function saysNothing(node: TypeNode, others: readonly TypeNode[]): boolean {
  if (node.type === 'text') return others.some((other) => isKindOf(other, node.text))
  return node.type === 'object' && isOpen(node) && others.some(isObjectLike)
}

function isKindOf(node: TypeNode, kind: string): boolean {
  if (node.type === 'union') return node.members.every((member) => isText(member, kind) || isKindOf(member, kind))
  if (node.type !== 'text') return false
  return kind === 'string' ? node.text.startsWith('"') : kind === 'number' && /^-?\d/.test(node.text)
}

function isOpen({ fields, index }: ObjectNode): boolean {
  return fields.length === 0 && index.every(({ key, node }) => key === 'string' && isText(node, 'unknown'))
}

function isObjectLike(node: TypeNode): boolean {
  if (node.type === 'union') return node.members.every(isObjectLike)
  return node.type === 'reference' || node.type === 'object'
}

function without<Element>(list: readonly Element[], position: number): Element[] {
  return list.filter((_, at) => at !== position)
}
