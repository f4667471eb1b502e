import type { ViewData } from '../../src/trace/view/view-data.ts'
import { dataOf, entry, item, start, text, viewData, type Part } from './sample-parts.ts'

/** Returns one agent with so many requests, each with a question and an answer; the answers have different lengths. */
export function longConversation(requests: number): ViewData {
  const parts = Array.from({ length: requests }, (_, index): Part => {
    const at = start + index * 100
    return { entry: entry('inference', `inference:${index}`, { name: 'model', start: at, end: at + 60 }) }
  })
  const items = Array.from({ length: 2 * requests }, (_, index) => {
    const isAnswer = index % 2 === 1
    const lines = isAnswer ? 1 + ((index * 7) % 40) : 1
    return item(`item-${index}`, {
      at: start + Math.floor(index / 2) * 100 + (isAnswer ? 60 : 0),
      role: isAnswer || index % 100 === 0 ? 'assistant' : 'user',
      text: text(`answer ${index}${'\na line of text'.repeat(index === 1 ? 40 : lines)}`),
    })
  })
  return viewData({
    ...dataOf(parts),
    items,
    requests: parts.map((part, index) => ({
      id: String(index),
      threadId: 'thread-1',
      entry: part.entry.id,
      kept: 2 * index,
      rest: [`item-${2 * index}`],
      added: [`item-${2 * index}`],
      removed: 0,
      response: [`item-${2 * index + 1}`],
    })),
  })
}
