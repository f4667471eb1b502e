import type { ContentItem, Outcome } from '../../src/index.ts'

/** What a cell printed: its texts, and the type of every other item. */
export function textsOf(printed: Outcome | { readonly items: readonly ContentItem[] }): string[] {
  return 'items' in printed ? printed.items.map((item) => (item.type === 'input_text' ? item.text : item.type)) : []
}
