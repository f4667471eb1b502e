import type { ConformanceCase } from '../test/conformance/case.ts'
import { quickJsDifferences } from '../test/conformance/quickjs-differences.ts'

const block = /^<!-- begin engine differences -->\n[\s\S]*?^<!-- end -->$/m

/** Returns docs/engines.md with the table of the cases in which QuickJS differs from V8 written again. */
export function withEngineTable(page: string, cases: readonly ConformanceCase[]): string {
  return page.replace(block, () => `<!-- begin engine differences -->\n${tableOf(cases)}\n<!-- end -->`)
}

function tableOf(cases: readonly ConformanceCase[]): string {
  const groups = Map.groupBy(cases, ({ id }) => id.slice(0, 'CM-X'.length))
  const counts = [...groups].map(([group, members]) => {
    const of = (kind: string): number => members.filter(({ id }) => quickJsDifferences.get(id)?.kind === kind).length
    const [words, behavior] = [of('words'), of('behavior')]
    return `| ${group} | ${members.length - words - behavior} | ${words} | ${behavior} |`
  })
  const rows = [...quickJsDifferences].map(([id, { kind, difference }]) => {
    const title = cases.find((each) => each.id === id)?.title ?? ''
    return `| ${id} ${title} | other ${kind} | ${difference} |`
  })
  return [
    '| group of cases | equal | other words | other behavior |',
    '|---|---|---|---|',
    ...counts,
    '',
    '| case | | difference |',
    '|---|---|---|',
    ...rows,
  ].join('\n')
}
