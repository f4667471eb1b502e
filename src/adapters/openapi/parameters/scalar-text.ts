/**
 * Returns the text of a string, a number, a boolean or a date, or null for lists and objects. Numbers have no exponent.
 *
 * @throws {TypeError} for infinite numbers, and for values that JSON does not have.
 */
export function scalarText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      return decimalText(value)
    case 'object':
      return value instanceof Date ? value.toISOString() : null
    default:
      throw new TypeError(`expected a JSON value, got ${typeof value}`)
  }
}

/** Returns the text of a value inside of a list or an object: nested lists and objects are JSON. */
export function innerText(value: unknown): string {
  return scalarText(value) ?? JSON.stringify(value)
}

function decimalText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`expected a finite number, got ${value}`)
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const digits = `${whole}${fraction}`
  const point = whole.length + Number(exponent)
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`
}
