/** Returns JSON that is safe inside source text, or undefined when there is none. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)?.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  } catch {
    return undefined // A cycle, a bigint, or a member that throws.
  }
}
