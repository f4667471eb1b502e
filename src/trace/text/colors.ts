/** Colors of the terminal, by meaning. */
export type Paint = {
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly notable: (text: string) => string
}

/** Returns functions that color text for a terminal, or return it unchanged. */
export function paintFor({ color }: { readonly color: boolean }): Paint {
  const coded = (code: number) => (text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { dim: coded(2), strong: coded(1), good: coded(32), bad: coded(31), notable: coded(33) }
}

/** Colors a status by its meaning. */
export function paintedStatus(status: string, paint: Paint): string {
  if (status === 'completed') return paint.good(status)
  if (status === 'failed' || status === 'aborted') return paint.bad(status)
  return paint.notable(status)
}
