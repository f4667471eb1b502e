/** Warns the operator. */
export function warnOperator(text: string): void {
  process.emitWarning(text, 'CodecellWarning')
}

/** Returns the number of this process. */
export function processId(): number {
  return process.pid
}
