import type { PropertyComment } from './property-comment.ts'
import type { Schema } from './schema.ts'

/** A TypeScript type before it is printed. */
export type TypeNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'union'; readonly members: readonly TypeNode[] }
  | { readonly type: 'intersection'; readonly members: readonly TypeNode[] }
  | { readonly type: 'array'; readonly element: TypeNode }
  | TupleNode
  | ObjectNode
  | { readonly type: 'reference'; readonly definition: Definition }

export type TupleNode = {
  readonly type: 'tuple'
  readonly elements: readonly TypeNode[]
  /** The number of elements that are not optional. */
  readonly required: number
  readonly rest: TypeNode | null
}

export type ObjectNode = {
  readonly type: 'object'
  readonly fields: readonly Field[]
  readonly index: readonly IndexSignature[]
}

export type Field = {
  readonly name: string
  readonly isOptional: boolean
  readonly node: TypeNode
  readonly comment: PropertyComment | null
}

/** `[key: <key>]: <node>`. */
export type IndexSignature = { readonly key: string; readonly node: TypeNode }

/** A referenced schema, and its type, which is read on first use. */
export type Definition = { readonly schema: Schema; readonly name: string; readonly node: () => TypeNode }

export const unknownNode: TypeNode = { type: 'text', text: 'unknown' }
export const neverNode: TypeNode = { type: 'text', text: 'never' }
export const nullNode: TypeNode = { type: 'text', text: 'null' }

export function textNode(text: string): TypeNode {
  return { type: 'text', text }
}

/** Returns a union without duplicates; `unknown` absorbs all others, `never` adds nothing. */
export function unionOf(nodes: readonly TypeNode[]): TypeNode {
  const members = flattened(nodes, 'union').filter((node) => !isText(node, 'never'))
  if (members.some((node) => isText(node, 'unknown'))) return unknownNode
  const texts = new Set<string>()
  const distinct = members.filter((node) => {
    if (node.type !== 'text') return true
    const isNew = !texts.has(node.text)
    texts.add(node.text)
    return isNew
  })
  const [only = neverNode, ...others] = distinct
  return others.length === 0 ? only : { type: 'union', members: distinct }
}

/** Returns an intersection without redundant members. */
export function intersectionOf(nodes: readonly TypeNode[]): TypeNode {
  const members = flattened(nodes, 'intersection').filter((node) => !isText(node, 'unknown'))
  if (members.some((node) => isText(node, 'never'))) return neverNode
  const [only = unknownNode, ...others] = members
  return others.length === 0 ? only : { type: 'intersection', members }
}

export function isText(node: TypeNode, text: string): boolean {
  return node.type === 'text' && node.text === text
}

function flattened(nodes: readonly TypeNode[], type: 'union' | 'intersection'): TypeNode[] {
  return nodes.flatMap((node) => (node.type === type ? node.members : [node]))
}
