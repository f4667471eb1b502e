import { ownCopy } from '../platform/utf8.ts'

const maxLength = 4096

/** Truncates the input of a call for the ledger, after 4,096 characters. */
export function truncatedInput(input: string): string {
  return input.length <= maxLength ? input : `${ownCopy(input.slice(0, maxLength))}…`
}
