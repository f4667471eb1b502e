import { readFileSync } from 'node:fs'
import { isRecord } from '../../src/protocol/json.ts'
import type { Message } from './framed-client.ts'

/** A conversation as it is recorded. */
export type Recorded = { readonly name: string; readonly steps: readonly Message[]; readonly end: unknown }

export function readConversations(file: string): readonly Recorded[] {
  const lines = readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => {
    const { name, steps, end } = recordOf(JSON.parse(line))
    return { name: String(name), steps: Array.isArray(steps) ? steps.map(recordOf) : [], end }
  })
}

/** A cell prints nothing during a few short yield times, and ends during a long one. */
export function withSlack(message: Message, slackMs: number): Message {
  const longer = JSON.stringify(message, (name, value: unknown) => {
    if (name === 'yield_time_ms' && typeof value === 'number') return value + (value < 1000 ? 1 : 20) * slackMs
    if (name !== 'source' || typeof value !== 'string') return value
    return value.replaceAll(/setTimeout\(r, (\d+)\)/g, (_, ms: string) => `setTimeout(r, ${Number(ms) + 4 * slackMs})`)
  })
  return recordOf(JSON.parse(longer))
}

/** Returns the tools of a short form; other values are returned unchanged. */
export function toolsOf(value: unknown): unknown {
  return typeof value === 'string' ? value.split(' ').map(toolOf) : value
}

/** The short form of a tool is `namespace/name`, with `!` for a freeform one. */
function toolOf(short: string): Message {
  const kind = short.endsWith('!') ? 'freeform' : 'function'
  const [name = '', namespace = null] = short.replace('!', '').split('/').toReversed()
  const full = namespace === null ? name : `${namespace}__${name}`
  return { name: full, tool_name: { name, namespace }, description: `Tool ${name}.`, kind, input_schema: null }
}

export function recordOf(value: unknown): Message {
  if (isRecord(value)) return value
  throw new TypeError(`expected an object, not ${JSON.stringify(value)}`)
}
