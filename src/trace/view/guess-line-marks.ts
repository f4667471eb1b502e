import { identifierOf } from '../timeline/program-name.ts'
import type { ViewMark } from './view-data.ts'

type Site = { readonly line: number; readonly name: string }

/** The maximum number of locations that are examined in a source. */
const maxSites = 2000

const kinds: { readonly [name: string]: ViewMark['kind'] | undefined } = {
  text: 'output',
  image: 'output',
  audio: 'output',
  notify: 'notify',
  yield_control: 'yield',
  store: 'store',
}

/**
 * Guesses the lines at which a cell of another recorder made its calls and printed, by name and order. The program can have
 * taken another path. `names` are those of the nested calls, in order.
 */
export function guessMarks(source: string, names: readonly string[]): readonly ViewMark[] {
  const { calls, others } = sitesOf(withoutTexts(source))
  const sitesByName = Map.groupBy(calls, ({ name }) => name)
  const seen = new Map<string, number>()
  const marks = names.flatMap((toolName, index): readonly ViewMark[] => {
    const name = identifierOf(toolName)
    const sites = sitesByName.get(name) ?? []
    const turn = seen.get(name) ?? 0
    seen.set(name, turn + 1)
    // A call in a loop is one location of many calls.
    const site = sites[Math.min(turn, sites.length - 1)]
    return site === undefined ? [] : [{ line: site.line, kind: 'call', index, isCertain: false }]
  })
  return [...marks, ...others.map(({ line, kind }): ViewMark => ({ line, kind, index: -1, isCertain: false }))]
}

const callee = /(?<![\w$.])(?:tools\s*(?:\?\.|\.)\s*([\w$]+)|tools\s*\[["']([\w$]+)["']|([a-z_]+)\s*(?=\())/g

function sitesOf(source: string): {
  readonly calls: readonly Site[]
  readonly others: readonly { readonly line: number; readonly kind: ViewMark['kind'] }[]
} {
  const calls: Site[] = []
  const others: { line: number; kind: ViewMark['kind'] }[] = []
  let line = 1
  let end = 0
  for (const match of source.matchAll(callee)) {
    line += linesIn(source, end, match.index)
    end = match.index
    const name = match[1] ?? match[2]
    const own = match[3]
    const kind = own !== undefined && Object.hasOwn(kinds, own) ? kinds[own] : undefined
    if (name !== undefined) calls.push({ line, name })
    else if (kind !== undefined) others.push({ line, kind })
    if (calls.length + others.length >= maxSites) break
  }
  return { calls, others }
}

function linesIn(text: string, start: number, end: number): number {
  let count = 0
  for (let index = text.indexOf('\n', start); index >= 0 && index < end; index = text.indexOf('\n', index + 1)) count++
  return count
}

/** Matches comments and strings, which are ignored unless a string names a tool. */
const unspoken = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|\[?(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/g

function withoutTexts(source: string): string {
  return source.replaceAll(unspoken, (text) =>
    /^\[["'][\w$]+["']$/.test(text) ? text : text.replaceAll(/[^\n]/g, ' '),
  )
}
