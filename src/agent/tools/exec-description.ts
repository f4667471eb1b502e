import { sharedMcpTypes } from '../../declarations/shared-mcp-types.ts'
import { engineNames, type EngineName } from '../../protocol/engine-name.ts'
import type { CatalogueEntry } from '../../tools/catalogue-entry.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { quotedLine, quotedText } from '../../tools/quoted-text.ts'
import { defaultMaxOutputTokens } from '../response/response.ts'
import { execYieldTimeMs } from '../input/yield-time.ts'
import { checkOptions } from '../../options/check-options.ts'

const rules = `Runs a JavaScript program that calls tools and combines their results. Each call is evaluated as an async module in a fresh isolate: top-level \`await\` works, and only stored values remain from earlier calls.

- Send the source itself: no JSON around it, no quotes, no Markdown fence. TypeScript is accepted; types are stripped, not checked.
- No Node, file system, network, console or \`import\`: everything outside is reached through tools.
- Nested tools are async functions on the global \`tools\`, with names normalized to identifiers: \`await tools.my_tool({ key: "value" })\`. A tool takes one object, or one string if it is freeform, and resolves to an object or a string.
- Failed tool calls reject with a string and helpers throw strings, not \`Error\` objects: in \`catch (error)\` print \`error\`, not \`error.message\`.
- Start independent calls together with \`Promise.all\`. Tool calls and timers that are pending when the script ends are dropped.
- You see only the output of the helpers below; the value of the last expression is not returned.
- \`Date\` stands still while code runs without a break and advances when an awaited tool or timer returns. To wait, await a timer instead of polling the clock.
- The first line can set options: \`// @exec: {"yield_time_ms": 10000, "max_output_tokens": 1000}\`. After \`yield_time_ms\` (default ${execYieldTimeMs}) you get the output so far and a cell ID while the script keeps running; continue with \`wait\`. \`max_output_tokens\` (default ${defaultMaxOutputTokens}) is the budget of this response; longer output is truncated in the middle.`

/** The missing parts of an engine. */
const missingParts: Readonly<Record<EngineName, string>> = {
  v8: '',
  quickjs: `
- The engine is QuickJS: \`Intl\` does not exist, and \`Date\` and \`toLocaleString\` know UTC and en-US only.`,
}

const globals = `Global helpers:
- \`text(value)\`: appends text to the output; non-strings are JSON-serialized.
- \`image(value, detail?)\`: appends an image from a base64 data URI, \`{ image_url, detail? }\` or an MCP image block. \`detail\`: "auto", "low", "high" (default) or "original". No remote URLs.
- \`audio(value)\`: appends audio from a base64 data URI, \`{ audio_url }\` or an MCP audio block.
- \`generatedImage(result)\`: appends the result of an image generation tool, with its \`output_hint\`.
- \`content(blocks)\`: appends an MCP content block or a list of them, such as the \`content\` of an MCP result.
- \`store(key, value)\`, \`load(key)\`: keep a JSON value for later calls; get a copy of it or \`undefined\`.
- \`notify(value)\`: sends you a text at once, while the script keeps running.
- \`yield_control()\`: returns the output so far to you; the script keeps running.
- \`setTimeout(callback, ms)\`, \`clearTimeout(id)\`: timers. \`setInterval\` is not available.
- \`as_settled(promises)\`: for \`for await\`; yields \`{ index, status, value | reason }\` in the order in which they settle. Accepts a list or a \`Map\`, whose keys are the \`index\`.
- \`stream_settled(promises, callback)\`: awaits \`callback(record)\` for each of these records.
- \`exit()\`: ends the script successfully.
- \`ALL_TOOLS\`: list of \`{ name, description }\` of every nested tool; call one as \`tools[name]\`.

The available tools can change between calls.`

/** How a program finds tools when the catalogue is unknown. */
const finding = `\`ALL_TOOLS\` can contain more tools than are described here. If none of those fits, search it: \`text(ALL_TOOLS.filter(({ name, description }) => /calendar/i.test(name + description)).map(({ name }) => name))\`, then print the descriptions that you need. If \`tools.tool_search\` exists, \`await tools.tool_search({ query: "calendar" })\` returns the best matches.`

export type ExecDescriptionOptions = {
  /**
   * `only`: programs are the only callers of the other tools, so the description declares them. `mixed`: the model has the tools
   * as well, with `augmentedToolDescription`, so the description does not declare them.
   *
   * @default 'only'
   */
  readonly mode?: 'only' | 'mixed'
  /**
   * The engine of the cells. For QuickJS, the description has a line about its missing parts.
   *
   * @default 'v8'
   */
  readonly engine?: EngineName
}

/**
 * Returns the description of `exec`: the rules, the helpers, and the tools of the catalogue within its budget. The bytes are the
 * same for the same tools in any order.
 */
export function execDescription(catalogue: Catalogue | null = null, options: ExecDescriptionOptions = {}): string {
  checkOptions<ExecDescriptionOptions>('execDescription', options, { mode: ['only', 'mixed'], engine: engineNames })
  const { mode = 'only', engine = 'v8' } = options
  const parts = [rules + missingParts[engine], globals]
  if (catalogue === null) return [...parts, finding].join('\n\n')
  if (mode === 'mixed') return parts.join('\n\n')
  if (catalogue.deferred.length > 0) parts.push(deferredText(catalogue))
  if (needsMcpTypes(catalogue)) parts.push(`Shared MCP Types:\n\`\`\`ts\n${sharedMcpTypes}\n\`\`\``)
  return [...parts, ...catalogue.sections.map(({ text }) => text)].join('\n\n')
}

/** Returns the description of a tool that the model can also call itself: its own, and how programs call it. */
export function augmentedToolDescription(entry: CatalogueEntry): string {
  return entry.isNested ? entry.writtenDescription : quotedText(entry.tool.description ?? '', maxDirectDescription)
}

/** In characters. */
const maxDirectDescription = 16_384
const maxNamespaceName = 64
const maxNamespaces = 20

/** Describes the tools that are not declared: their number, their namespaces, and how to find them. The length is bounded. */
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
      : '`text(await tools.tool_search({ query: "add calendar event", limit: 5 }))` returns the best matches with their declarations'
  return `${count} not declared here${from}. ${how}; then call \`tools[name](args)\`.`
}

/** Decides by the namespaces of deferred tools: rendering thousands of them to see their results would be too slow. */
function needsMcpTypes({ sections, deferred }: Catalogue): boolean {
  return (
    sections.some(({ text }) => text.includes('Promise<CallToolResult')) ||
    deferred.some(({ tool }) => tool.namespace?.startsWith('mcp__') === true)
  )
}
