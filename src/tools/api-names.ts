import { sha1Of } from '../platform/hash.ts'
import { nameTools, rawIdentity } from './identifiers.ts'
import type { Tool } from './tool.ts'

/** Maximum length of the name of a tool, in characters, for the APIs of OpenAI, Anthropic and Google. */
export const maxApiName = 64

/**
 * Maximum length of the name of a tool for MCP clients, in characters. Clients add the name of the server, such as
 * `mcp__codecell__`, before they send the name to a model API, and some count both together up to 60.
 */
export const maxClientName = 48

/**
 * Returns tools by names that model APIs accept: letters, digits, `_` and `-`, up to a length. A name is the identifier
 * for programs if possible. Another one is shortened, and ends with a hash of its raw names alone, so that it does not
 * depend on other tools. The tools stay in their order.
 */
export function apiNames(tools: readonly Tool[], maxLength: number): ReadonlyMap<string, Tool> {
  // The order of tools must not decide which of two similar names gets a longer hash.
  const identified = [...nameTools(tools)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const isUsable = ([identifier]: readonly [string, Tool]): boolean =>
    identifier.length <= maxLength && /^[\w-]+$/.test(identifier)
  const named = new Map(identified.filter(isUsable))
  for (const one of identified) {
    if (!isUsable(one)) named.set(shortName(one, maxLength, named), one[1])
  }
  const names = new Map([...named].map(([name, tool]) => [tool, name]))
  return new Map(
    tools.flatMap((tool) => {
      const name = names.get(tool)
      return name === undefined ? [] : [[name, tool] as const]
    }),
  )
}

function shortName(
  [identifier, tool]: readonly [string, Tool],
  maxLength: number,
  taken: ReadonlyMap<string, Tool>,
): string {
  const hash = sha1Of(rawIdentity(tool))
  const stem = identifier.replaceAll(/[^\w-]/g, '_')
  // A tool of another server can have the shortened name.
  const digits = [12, 24, 40].find((count) => !taken.has(ending(stem, hash.slice(0, count), maxLength))) ?? 40
  return ending(stem, hash.slice(0, digits), maxLength)
}

function ending(stem: string, suffix: string, maxLength: number): string {
  return `${stem.slice(0, maxLength - suffix.length - 1)}_${suffix}`
}
