/** Returns a string of at most `maxChars` characters and an ellipsis. The ellipsis replaces the middle of a longer string. */
export function shortenedText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const half = maxChars >> 1
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`.toWellFormed()
}

/** Truncates the text of an error from a host. A text that the host has truncated can exceed the limit by its ellipsis. */
export function boundedError(errorText: string, { maxErrorChars }: { readonly maxErrorChars: number }): string {
  return errorText.length <= maxErrorChars + 1 ? errorText : shortenedText(errorText, maxErrorChars)
}
