/** Colours of the terminal, by what they mean. */
export type Paint = {
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly notable: (text: string) => string
}

/** Marks text for a terminal, or leaves it as it is. */
export function paintFor({ color }: { readonly color: boolean }): Paint {
  const coded = (code: number) => (text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { dim: coded(2), strong: coded(1), good: coded(32), bad: coded(31), notable: coded(33) }
}

/** A status in the colour that fits it. */
export function paintedStatus(status: string, paint: Paint): string {
  if (status === 'completed') return paint.good(status)
  if (status === 'failed' || status === 'aborted') return paint.bad(status)
  return paint.notable(status)
}
