import type { ContentItem, CellOutcome } from '../../src/index.ts'

/** Returns the output of a cell: its strings, and the type of every other item. */
export function textsOf(printed: CellOutcome | { readonly items: readonly ContentItem[] }): string[] {
  return 'items' in printed ? printed.items.map((item) => (item.type === 'input_text' ? item.text : item.type)) : []
}
