import type { Definition, TypeNode } from './type-node.ts'

/** Maximum number of definitions that are followed for one type. */
const maxDefinitions = 400

/** Nested definitions beyond this depth get a name, so that their text begins at the margin. */
const maxNesting = 12

/** The definitions that a type refers to, how often, and which of them are recursive and must be named. */
export type DefinitionGraph = {
  readonly uses: ReadonlyMap<Definition, number>
  readonly recursive: ReadonlySet<Definition>
}

/** Follows every reference of a type once. A definition that is not in `uses` exceeded the maximum. */
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

/** Returns whether a type consists of a definition alone, or in a union or an intersection. */
export function isMadeOf(node: TypeNode, target: Definition, seen: Set<Definition> = new Set()): boolean {
  switch (node.type) {
    case 'union':
    case 'intersection':
      return node.members.some((member) => isMadeOf(member, target, seen))
    case 'reference':
      if (node.definition === target) return true
      if (seen.has(node.definition)) return false
      seen.add(node.definition)
      return seen.size < maxNesting * 4 ? isMadeOf(node.definition.node(), target, seen) : true
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
