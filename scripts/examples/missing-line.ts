/** Returns the first line of `expected` that no line of `output`, after the lines before it, contains; null when it has all of them. */
export function missingLine(output: string, expected: string): string | null {
  const lines = output.split('\n')
  let next = 0
  for (const part of expected.split('\n').filter((line) => line !== '')) {
    const found = lines.findIndex((line, index) => index >= next && line.includes(part))
    if (found === -1) return part
    next = found + 1
  }
  return null
}
