/**
 * Replaces the text between two markers of the page, `<!-- bench:begin -->` and the like. Throws `RangeError` without
 * markers.
 */
export function replaceBetweenMarkers(
  page: string,
  report: string,
  name: 'bench' | 'declarations' | 'waiting' | 'eviction' | 'code-mode' = 'bench',
): string {
  const begin = `<!-- ${name}:begin -->`
  const end = `<!-- ${name}:end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from)
    throw new RangeError(`Cannot write the report: the page does not have "${begin}" and "${end}" in this order`)
  return `${page.slice(0, from + begin.length)}\n\n${report}\n\n${page.slice(to)}`
}
