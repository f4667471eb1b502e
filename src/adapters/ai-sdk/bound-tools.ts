import type { ToolSet } from 'ai'
import type { Tool } from '../../tools/tool.ts'

/** The nested tools for the sets that the SDK binds before every turn. The usual, unchanged set gets the same list. */
export class BoundTools {
  readonly #make: (set: ToolSet) => readonly Tool[]
  #last: { readonly set: ToolSet; readonly tools: readonly Tool[] } | null = null

  constructor(make: (set: ToolSet) => readonly Tool[]) {
    this.#make = make
  }

  with(set: ToolSet): readonly Tool[] {
    if (this.#last !== null && isSame(this.#last.set, set)) return this.#last.tools
    const tools = this.#make(set)
    // A list with an unresolved schema is not reused.
    this.#last = tools.every(({ inputSchema }) => inputSchema !== undefined) ? { set, tools } : null
    return tools
  }
}

function isSame(a: ToolSet, b: ToolSet): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
}
