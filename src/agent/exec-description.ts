import type { Catalogue } from '../tools/catalogue.ts'
import { defaultMaxOutputTokens } from './response.ts'
import { execYieldTimeMs } from './yield-time.ts'

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

\`ALL_TOOLS\` can hold more tools than are described here. If none of those fits, search it: \`text(ALL_TOOLS.filter(({ name, description }) => /calendar/i.test(name + description)).map(({ name }) => name))\`, then print the description of the ones you want. If \`tools.tool_search\` exists, \`await tools.tool_search({ query: "calendar" })\` gives the best matches.
Which tools are available can change from one call to the next.`

/** What a model is told about `exec`: the rules, the helpers, and the tools of the catalogue, written out. */
export function execDescription(catalogue: Catalogue | null = null): string {
  const description = `${rules}\n\n${globals}`
  const sections = (catalogue?.entries ?? []).map(
    ({ identifier, description: text }) => `### \`${identifier}\`\n${text}`,
  )
  return [description, ...sections].join('\n\n')
}
