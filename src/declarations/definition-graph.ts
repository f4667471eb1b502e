import type { Definition, TypeNode } from './type-node.ts'

/** No more definitions than these are looked into for one type. */
const maxDefinitions = 400

/** So many definitions inside each other, then one gets a name of its own, so that its text begins at the margin. */
const maxNesting = 12

/** Which definitions a type refers to, how often, and which of them have to be named because they come back to themselves. */
export type DefinitionGraph = {
  readonly uses: ReadonlyMap<Definition, number>
  readonly recursive: ReadonlySet<Definition>
}

/** Follows every reference of a type once. A definition that is not among `uses` was too much. */
export function definitionGraph(start: TypeNode): DefinitionGraph {
  const uses = new Map<Definition, number>()
  const recursive = new Set<Definition>()
  const open = new Set<Definition>()
  const queue: TypeNode[] = [start]
  const visit = (node: TypeNode): void => {
    if (node.type !== 'reference') return childrenOf(node).forEach(visit)
    const { definition } = node
    const known = uses.get(definition)
    if (known === undefined && uses.size >= maxDefinitions) return
    uses.set(definition, (known ?? 0) + 1)
    if (open.has(definition)) recursive.add(definition)
    if (known !== undefined) return
    if (open.size >= maxNesting) {
      recursive.add(definition)
      queue.push(definition.node())
      return
    }
    open.add(definition)
    visit(definition.node())
    open.delete(definition)
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) visit(next)
  return { uses, recursive }
}

/** Whether a type is made of a definition without anything around it: as itself, or in a union or an intersection. */
export function isMadeOf(node: TypeNode, sought: Definition, seen: Set<Definition> = new Set()): boolean {
  switch (node.type) {
    case 'union':
    case 'intersection':
      return node.members.some((member) => isMadeOf(member, sought, seen))
    case 'reference':
      if (node.definition === sought) return true
      if (seen.has(node.definition)) return false
      seen.add(node.definition)
      return seen.size < maxNesting * 4 ? isMadeOf(node.definition.node(), sought, seen) : true
    default:
      return false
  }
}

function childrenOf(node: TypeNode): readonly TypeNode[] {
  switch (node.type) {
    case 'union':
    case 'intersection':
      return node.members
    case 'array':
      return [node.element]
    case 'tuple':
      return node.rest === null ? node.elements : [...node.elements, node.rest]
    case 'object':
      return [...node.fields, ...node.index].map((member) => member.node)
    case 'text':
    case 'reference':
      return []
    default:
      return node satisfies never
  }
}
