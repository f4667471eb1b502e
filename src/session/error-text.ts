/** A text of at most `max` characters, around an ellipsis where the middle was. */
export function shortenedText(text: string, max: number): string {
  if (text.length <= max) return text
  const half = max >> 1
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`.toWellFormed()
}

/** The text of an error as a host gave it, which may have cut it already: then the ellipsis comes on top. */
export function boundedError(errorText: string, { maxErrorChars }: { readonly maxErrorChars: number }): string {
  return errorText.length <= maxErrorChars + 1 ? errorText : shortenedText(errorText, maxErrorChars)
}
