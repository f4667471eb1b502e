/**
 * Returns the patterns of tools for a pattern of the names that a client gives them, which are the server, a separator and the tool. The
 * server alone stands for all of its tools.
 */
export function toolPatterns(pattern: string, server: string, separator: string): readonly string[] {
  if (pattern === server) return ['*']
  let starts: readonly number[] = withoutStar(pattern, 0)
  for (const character of `${server}${separator}`.split('')) {
    starts = [...new Set(starts.flatMap((start) => startsAfter(pattern, start, character)))]
  }
  return starts.map((start) => pattern.slice(start)).filter((rest) => rest !== '')
}

/** Returns where a pattern can continue after one more character of a name. */
function startsAfter(pattern: string, start: number, character: string): readonly number[] {
  const at = pattern.charAt(start)
  if (at === '*') return withoutStar(pattern, start)
  return at === character || at === '?' ? withoutStar(pattern, start + 1) : []
}

/** Returns a position, and the one after it when a star there can stand for nothing. */
function withoutStar(pattern: string, start: number): readonly number[] {
  return pattern.charAt(start) === '*' ? [start, ...withoutStar(pattern, start + 1)] : [start]
}
