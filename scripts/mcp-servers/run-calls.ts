import { relative } from 'node:path'
import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Session } from '../../src/index.ts'
import type { McpServerConfig } from '../../src/mcp.ts'
import { messageOf } from '../../src/errors.ts'
import { isRecord } from '../../src/protocol/json.ts'
import type { ServerCall } from './server-calls.ts'

/** The outcome of a call: the result, or the text of the error. */
export type CallOutcome =
  | { readonly result: unknown; readonly ms: number }
  | { readonly error: string; readonly ms: number }

/** The outcomes of the calls in a cell, and the images in its output as data URLs. */
export type CellCalls = { readonly outcomes: readonly CallOutcome[]; readonly images: readonly string[] }

/** Calls the tools in one cell. Images of results become output of the cell. */
export async function callInCell(
  session: Session,
  calls: readonly { readonly identifier: string; readonly input: object }[],
): Promise<CellCalls> {
  const outcome = await session.execute(
    `const outcomes = []
    for (const { identifier, input } of ${JSON.stringify(calls)}) {
      const startedAt = Date.now()
      try {
        const result = await tools[identifier](input)
        outcomes.push({ result, ms: Date.now() - startedAt })
        for (const block of result.content) if (block.type === 'image') content(block)
      } catch (error) {
        outcomes.push({ error: error instanceof Error ? error.message : String(error), ms: Date.now() - startedAt })
      }
    }
    text(JSON.stringify(outcomes))`,
    { yieldTimeMs: 120_000 },
  )
  if (outcome.type !== 'completed') throw new Error(`Cell is ${outcome.type}: ${JSON.stringify(outcome)}`)
  const images = outcome.items.flatMap((item) => (item.type === 'input_image' ? [item.image_url] : []))
  const last = outcome.items.at(-1)
  const outcomes: unknown = JSON.parse(last?.type === 'input_text' ? last.text : 'null')
  if (!Array.isArray(outcomes)) throw new TypeError('Cell has no outcomes')
  return { outcomes, images }
}

/** The tools of a server as the client of the SDK lists them, and the outcomes of calls with it. */
export type PlainCalls = {
  readonly tools: Awaited<ReturnType<Client['listTools']>>['tools']
  readonly outcomes: readonly CallOutcome[]
}

/** Lists and calls the tools of a server with the client of the SDK alone. */
export async function callPlainly(server: McpServerConfig, calls: readonly ServerCall[]): Promise<PlainCalls> {
  const client = new Client({ name: 'plain', version: '1.0.0' })
  await client.connect(transportTo(server))
  try {
    const { tools } = await client.listTools()
    const outcomes: CallOutcome[] = []
    for (const { tool, input } of calls) outcomes.push(await callOnce(client, tool, input))
    return { tools, outcomes }
  } finally {
    await client.close()
  }
}

function transportTo(server: McpServerConfig): Transport {
  if (server.type === 'stdio') {
    const { command, args, env } = server
    return new StdioClientTransport({ command, args: [...args], env: { ...env }, stderr: 'ignore' })
  }
  const url = new URL(server.url)
  return url.pathname === '/sse' ? new SSEClientTransport(url) : new StreamableHTTPClientTransport(url)
}

async function callOnce(client: Client, name: string, input: object): Promise<CallOutcome> {
  const startedAt = Date.now()
  try {
    const result = await client.callTool({ name, arguments: { ...input } })
    return { result, ms: Date.now() - startedAt }
  } catch (error) {
    return { error: messageOf(error), ms: Date.now() - startedAt }
  }
}

/** Returns whether the outcome is an error that a program sees. */
export function isError(outcome: CallOutcome): boolean {
  return 'error' in outcome || (isRecord(outcome.result) && outcome.result['isError'] === true)
}

/** Returns the outcome as JSON for a comparison, without what differs from call to call. */
export function comparedText(outcome: CallOutcome, folder: string, varying: readonly RegExp[]): string {
  if ('error' in outcome) return outcome.error
  const { _meta: _, ...result } = isRecord(outcome.result) ? outcome.result : {}
  // A server can name a file by its path from the working folder.
  const text = JSON.stringify(sorted(result))
    .replaceAll(folder, '<folder>')
    .replaceAll(relative(process.cwd(), folder), '<folder>')
  return varying.reduce((rest, pattern) => rest.replaceAll(pattern, '<varies>'), text)
}

/** Returns a copy whose members are in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  )
}
