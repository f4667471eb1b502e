/** Maximum size of the table that finds common lines. Longer texts differ from their first to their last difference. */
const maxCells = 4_000_000
const maxLineChars = 160
/** Characters of a long line before its first difference. */
const leadChars = 60

/** Returns the lines of the shortest difference of two texts: `- ` is a line of the first, `+ ` one of the second. */
export function lineDifference(first: string, second: string): readonly string[] {
  const [from, to] = [first.split('\n'), second.split('\n')]
  let start = 0
  while (start < from.length && start < to.length && from[start] === to[start]) start++
  let end = 0
  while (end < Math.min(from.length, to.length) - start && from.at(-1 - end) === to.at(-1 - end)) end++
  return hunksOf(from.slice(start, from.length - end), to.slice(start, to.length - end)).flatMap(linesOfHunk)
}

type Hunk = { readonly removed: string[]; readonly added: string[] }

function hunksOf(from: readonly string[], to: readonly string[]): readonly Hunk[] {
  if (from.length * to.length > maxCells) return [{ removed: [...from], added: [...to] }]
  const common = commonLengths(from, to)
  const hunks: Hunk[] = []
  let hunk: Hunk = { removed: [], added: [] }
  let [left, right] = [0, 0]
  while (left < from.length || right < to.length) {
    const [line, other] = [from[left], to[right]]
    if (line !== undefined && line === other) {
      hunks.push(hunk)
      hunk = { removed: [], added: [] }
      left++
      right++
    } else if (line !== undefined && (other === undefined || common(left + 1, right) >= common(left, right + 1))) {
      hunk.removed.push(line)
      left++
    } else if (other !== undefined) {
      hunk.added.push(other)
      right++
    }
  }
  return [...hunks, hunk]
}

/** Returns a function with the number of common lines from two positions on. */
function commonLengths(from: readonly string[], to: readonly string[]): (left: number, right: number) => number {
  const width = to.length + 1
  const table = new Uint32Array((from.length + 1) * width)
  const at = (left: number, right: number): number => table[left * width + right] ?? 0
  for (let left = from.length - 1; left >= 0; left--) {
    for (let right = to.length - 1; right >= 0; right--) {
      const same = from[left] === to[right]
      table[left * width + right] = same
        ? at(left + 1, right + 1) + 1
        : Math.max(at(left + 1, right), at(left, right + 1))
    }
  }
  return at
}

/** Lines at the same position of a hunk are versions of one line, so both are cut around their first difference. */
function linesOfHunk({ removed, added }: Hunk): readonly string[] {
  return [
    ...removed.map((line, index) => `- ${cutLine(line, added[index])}`),
    ...added.map((line, index) => `+ ${cutLine(line, removed[index])}`),
  ]
}

/** Returns a line, or the part of a long line around its first difference from another one. */
export function cutLine(line: string, other = ''): string {
  if (line.length <= maxLineChars) return line
  let same = 0
  while (same < other.length && line[same] === other[same]) same++
  const start = Math.max(0, Math.min(same - leadChars, line.length - maxLineChars))
  const end = start + maxLineChars
  return `${start === 0 ? '' : '…'}${line.slice(start, end)}${end < line.length ? '…' : ''}`
}
