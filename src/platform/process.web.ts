export function warnOperator(text: string): void {
  console.warn(`codecell: ${text}`)
}

export function processId(): number {
  return 0
}
