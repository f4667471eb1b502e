import { sharedMcpTypes } from '../../declarations/shared-mcp-types.ts'
import type { CatalogueEntry } from '../../tools/catalogue-entry.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { quotedLine, quotedText } from '../../tools/quoted-text.ts'
import { defaultMaxOutputTokens } from '../response/response.ts'
import { execYieldTimeMs } from '../input/yield-time.ts'
import { checkOptions } from '../../options/check-options.ts'

const rules = `Runs a JavaScript program that calls tools and puts their results together. Each call is evaluated as an async module in a fresh isolate: top-level \`await\` works, and only stored values remain from earlier calls.

- Send the source itself: no JSON around it, no quotes, no Markdown fence. TypeScript is accepted; types are removed, not checked.
- No Node, no file system, no network, no console, and no \`import\`: everything outside is reached through tools.
- Nested tools are async functions on the global \`tools\`, under names normalised to identifiers: \`await tools.my_tool({ key: "value" })\`. A tool takes one object, or one string if it is freeform, and resolves to an object or a string.
- Failed tool calls reject with a string and helpers throw strings, not \`Error\` objects: in \`catch (error)\` print \`error\`, not \`error.message\`.
- Start independent calls together with \`Promise.all\`. Whatever is not awaited when the script ends, tool calls and timers too, is dropped.
- You see only what the helpers below put out; the value of the last expression is not returned.
- \`Date\` stands still while code runs without a break and moves on when an awaited tool or timer comes back. To wait, await a timer instead of reading the clock in a loop.
- Options can stand on the first line: \`// @exec: {"yield_time_ms": 10000, "max_output_tokens": 1000}\`. After \`yield_time_ms\` (default ${execYieldTimeMs}) the output so far comes back with a cell ID while the script goes on; continue with \`wait\`. \`max_output_tokens\` (default ${defaultMaxOutputTokens}) is the budget of this answer; a longer one loses its middle.`

const globals = `Global helpers:
- \`text(value)\`: puts out a text. Strings as they are, other values as JSON.
- \`image(value, detail?)\`: puts out an image from a base64 data URI, \`{ image_url, detail? }\` or an MCP image block. \`detail\`: "auto", "low", "high" (default) or "original". No remote URLs.
- \`audio(value)\`: puts out audio from a base64 data URI, \`{ audio_url }\` or an MCP audio block.
- \`generatedImage(result)\`: puts out the result of an image generation tool, with its \`output_hint\`.
- \`content(blocks)\`: puts out one MCP content block or a list of them, such as the \`content\` of an MCP result.
- \`store(key, value)\`, \`load(key)\`: keep a JSON value for later calls, and get a copy of it or \`undefined\`.
- \`notify(value)\`: sends you a text at once, while the script goes on.
- \`yield_control()\`: hands over the output so far; the script goes on.
- \`setTimeout(callback, ms)\`, \`clearTimeout(id)\`: timers. There is no \`setInterval\`.
- \`as_settled(promises)\`: use with \`for await\`; gives \`{ index, status, value | reason }\` in the order in which they settle. Takes a list or a \`Map\`, whose keys are the \`index\`.
- \`stream_settled(promises, callback)\`: awaits \`callback(record)\` for each of these records.
- \`exit()\`: ends the script here, successfully.
- \`ALL_TOOLS\`: list of \`{ name, description }\` of every nested tool; call one as \`tools[name]\`.

Which tools are available can change from one call to the next.`

/** How a program finds tools, where nothing is known of them. */
const finding = `\`ALL_TOOLS\` can hold more tools than are described here. If none of those fits, search it: \`text(ALL_TOOLS.filter(({ name, description }) => /calendar/i.test(name + description)).map(({ name }) => name))\`, then print the description of the ones you want. If \`tools.tool_search\` exists, \`await tools.tool_search({ query: "calendar" })\` gives the best matches.`

export type ExecDescriptionOptions = {
  /**
   * `only` (default): every other tool is reached through `exec`, which writes them out. `mixed`: the model has the tools
   * directly as well, with `augmentedToolDescription`, so that they are not written out here.
   */
  readonly mode?: 'only' | 'mixed'
}

/**
 * What a model is told about `exec`: the rules, the helpers, and the tools of the catalogue within its budget. The same
 * bytes for the same tools, in whatever order they were given.
 */
export function execDescription(catalogue: Catalogue | null = null, options: ExecDescriptionOptions = {}): string {
  checkOptions<ExecDescriptionOptions>('execDescription', options, { mode: ['only', 'mixed'] })
  const { mode = 'only' } = options
  const parts = [rules, globals]
  if (catalogue === null) return [...parts, finding].join('\n\n')
  if (mode === 'mixed') return parts.join('\n\n')
  if (catalogue.deferred.length > 0) parts.push(deferredText(catalogue))
  if (needsMcpTypes(catalogue)) parts.push(`Shared MCP Types:\n\`\`\`ts\n${sharedMcpTypes}\n\`\`\``)
  return [...parts, ...catalogue.sections.map(({ text }) => text)].join('\n\n')
}

/** The description of a tool that the model has directly besides `exec`: its own, and how programs call it. */
export function augmentedToolDescription(entry: CatalogueEntry): string {
  return entry.isNested ? entry.writtenDescription : quotedText(entry.tool.description ?? '', maxDirectDescription)
}

/** Characters. */
const maxDirectDescription = 16_384
const maxNamespaceName = 64
const maxNamespaces = 20

/** How many tools are not written out, where they are from, and how they are found: bounded, however many there are. */
function deferredText({ deferred, find }: Catalogue): string {
  const counts = new Map<string, number>()
  for (const { tool } of deferred) {
    const namespace = quotedLine(tool.namespace ?? '', maxNamespaceName).replaceAll('`', "'")
    if (namespace !== '') counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  }
  const largest = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, maxNamespaces)
  const named = largest.map(([namespace, count]) => `\`${namespace}\` (${count})`)
  if (counts.size > maxNamespaces) named.push(`${counts.size - maxNamespaces} other namespaces`)
  const from = named.length === 0 ? '' : `, from ${named.join(', ')}`
  const count = deferred.length === 1 ? '1 more nested tool is' : `${deferred.length} more nested tools are`
  const how =
    find('tool_search') === undefined
      ? 'Find what you need in `ALL_TOOLS`'
      : '`text(await tools.tool_search({ query: "add calendar event", limit: 5 }))` gives the best matches with their declarations'
  return `${count} not written out here${from}. ${how}; then call \`tools[name](args)\`.`
}

/** Rendering thousands of deferred tools to see what they answer is not worth it: where they come from says it. */
function needsMcpTypes({ sections, deferred }: Catalogue): boolean {
  return (
    sections.some(({ text }) => text.includes('Promise<CallToolResult')) ||
    deferred.some(({ tool }) => tool.namespace?.startsWith('mcp__') === true)
  )
}
