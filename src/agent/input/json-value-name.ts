/** How an error message calls a value of JSON text that has the wrong type, for example `string "5"`. */
export function jsonValueName(valueText: string): string {
  switch (valueText[0]) {
    case '"':
      return `string ${JSON.stringify(JSON.parse(valueText))}`
    case '[':
      return 'sequence'
    case '{':
      return 'map'
    case 'n':
      return 'null'
    case 't':
    case 'f':
      return `boolean \`${valueText}\``
    default:
      return /^-?\d+$/.test(valueText) ? `integer \`${valueText}\`` : `floating point \`${decimal(valueText)}\``
  }
}

/** A number with a point or an exponent, always with a point. */
function decimal(valueText: string): string {
  const digits = String(Number(valueText))
  return /^-?\d+$/.test(digits) ? `${digits}.0` : digits
}
