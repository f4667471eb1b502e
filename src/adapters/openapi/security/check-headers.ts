import { CodecellError } from '../../../errors.ts'

/**
 * Returns the headers of the embedder. The errors of `Headers` have the value, which can be a secret, and would reach a cell.
 *
 * @throws {CodecellError} INVALID_OPTION for a name or a value that HTTP does not allow.
 */
export function checkedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    const part = isValid(name, '') ? 'value' : 'name'
    if (isValid(name, value)) continue
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot use header ${JSON.stringify(name)}: its ${part} has characters that are invalid in a header`,
      { details: { option: `headers.${name}` } },
    )
  }
  return headers
}

function isValid(name: string, value: string): boolean {
  try {
    return new Headers({ [name]: value }).has(name)
  } catch {
    return false
  }
}
