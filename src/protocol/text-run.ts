import type { FromHost, HostCell } from './message.ts'

/** Consecutive texts of one cell, in one message on the wire. */
export type TextRun = { readonly type: 'texts'; readonly cell: HostCell; readonly texts: string[] }

/** Longer texts are sent separately, in characters. */
const maxJoinedLength = 1024

/** Joins consecutive short texts of a cell: a program that prints line by line costs one message, not thousands. */
export function joinTexts(messages: readonly FromHost[]): (FromHost | TextRun)[] {
  const joined: (FromHost | TextRun)[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (message.type !== 'text' || message.body.length > maxJoinedLength) joined.push(message)
    else if (last?.type === 'texts' && last.cell === message.cell) last.texts.push(message.body)
    else joined.push({ type: 'texts', cell: message.cell, texts: [message.body] })
  }
  return joined
}
