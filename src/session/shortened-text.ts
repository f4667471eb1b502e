/** A text of at most `max` characters, around an ellipsis where the middle was. */
export function shortenedText(text: string, max: number): string {
  if (text.length <= max) return text
  const half = max >> 1
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`.toWellFormed()
}
