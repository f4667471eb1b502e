const maxLength = 4096

/** The input of a call as a ledger shows it: cut after 4,096 characters. */
export function shownInput(input: string): string {
  return input.length <= maxLength ? input : `${input.slice(0, maxLength)}…`
}
