/** Returns a value of JSON in TOML, on one line. */
export function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => tomlOf(item)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key} = ${tomlOf(member)}`)
    .join(', ')} }`
}
