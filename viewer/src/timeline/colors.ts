/** Returns the color of a variable of the style sheet. */
export type Color = (name: string) => string

/** Caches style variables: a browser looks them up slowly. */
export function remembering(color: Color): Color {
  const known = new Map<string, string>()
  return (name) => {
    const value = known.get(name) ?? color(name)
    known.set(name, value)
    return value
  }
}
