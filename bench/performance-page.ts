/**
 * The page with a report in place of what is between its markers, `<!-- bench:begin -->` and the like. Throws `RangeError`
 * when it has none.
 */
export function replaceBetweenMarkers(
  page: string,
  report: string,
  name: 'bench' | 'declarations' | 'waiting' | 'eviction' = 'bench',
): string {
  const begin = `<!-- ${name}:begin -->`
  const end = `<!-- ${name}:end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from)
    throw new RangeError(`Cannot write the report: "${begin}" and "${end}" are expected in the page`)
  return `${page.slice(0, from + begin.length)}\n\n${report}\n\n${page.slice(to)}`
}
