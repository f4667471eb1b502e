/** Returns the name of a JSON value of the wrong type for an error message, e.g. `string "5"`. */
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

/** Formats a number with a fraction or an exponent, always with a decimal point. */
function decimal(valueText: string): string {
  const digits = String(Number(valueText))
  return /^-?\d+$/.test(digits) ? `${digits}.0` : digits
}
