const maxParsed = 100_000

/** Returns JSON with line breaks and indentation. Other and very long texts stay as they are. */
export function prettyJson(text: string): string {
  if (text.length > maxParsed) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
