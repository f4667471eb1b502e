const maxLength = 4096

/** Truncates the input of a call for the ledger, after 4,096 characters. */
export function truncatedInput(input: string): string {
  return input.length <= maxLength ? input : `${ownCopy(input.slice(0, maxLength))}…`
}

/** Copies part of a string. A slice would keep the whole string in memory. */
export function ownCopy(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le')
}
