import type { LongText } from '../api.ts'

/** Returns a text with at most a number of characters. */
export function longText(text: string, maxCharacters: number): LongText {
  return {
    text: text.slice(0, maxCharacters).toWellFormed(),
    bytes: Buffer.byteLength(text),
    isComplete: text.length <= maxCharacters,
  }
}
