/**
 * Replaces the text between two markers of a page, such as `<!-- bench:begin -->`, by a report. Throws `RangeError`
 * if the page does not have the markers.
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
    throw new RangeError(`Cannot write the report: the page does not have "${begin}" and "${end}" in this order`)
  return `${page.slice(0, from + begin.length)}\n\n${report}\n\n${page.slice(to)}`
}
