const maxLength = 4096

/** The input of a call as a ledger shows it: cut after 4,096 characters. */
export function truncatedInput(input: string): string {
  return input.length <= maxLength ? input : `${ownCopy(input.slice(0, maxLength))}…`
}

/** A part of a text that does not keep the whole of it in memory, as slices do. */
export function ownCopy(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le')
}
