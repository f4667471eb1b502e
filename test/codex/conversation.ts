import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { CodecellError, type HostPool } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { FramedClient, withoutTimes, type Message } from './framed-client.ts'

/**
 * A step of a conversation. `pause`: a cell runs for this time. `silence`: the recording waited here, so that a message
 * that the host should not send would have arrived.
 */
type Step =
  | { readonly type: 'send'; readonly message: Message }
  | { readonly type: 'recv'; readonly message: Message }
  | { readonly type: 'raw'; readonly bytes: Buffer }
  | { readonly type: 'pause'; readonly ms: number }
  | { readonly type: 'silence' | 'end' }

type End = { readonly code: unknown; readonly byItself: boolean }

/** A recorded conversation of a client with the host of the reference. */
export type Conversation = { readonly name: string; readonly steps: readonly Step[]; readonly end: End }

const recorded = new URL('../fixtures/codex-conversations.jsonl', import.meta.url)

/** Maximum wait for a message or for the end of the host, in milliseconds. */
const missingMs = 30_000

/** The recorded conversations. Two more differ here on purpose, see `docs/compatibility.md`. */
export function loadConversations(): readonly Conversation[] {
  const lines = readFileSync(recorded, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { name, steps, end } = recordOf(JSON.parse(line))
    const { code, byItself } = recordOf(end)
    const all = Array.isArray(steps) ? steps.map((step) => stepOf(recordOf(step))) : []
    return { name: String(name), steps: all, end: { code, byItself: byItself === true } }
  })
}

/**
 * Plays a conversation with the host of codecell. Returns the first difference, or null. Each short time of the
 * conversation is longer by `slackMs`, and the time of a timer in a cell by twice as much, so everything happens in the
 * order of the recording on a machine that is up to `slackMs` late.
 */
export async function replay(conversation: Conversation, hosts: HostPool, slackMs: number): Promise<unknown> {
  const { client, ended } = FramedClient.connect(hosts)
  const code = ended.then(
    () => 0,
    (error: unknown) => (error instanceof CodecellError ? 1 : error),
  )
  for (const [index, step] of conversation.steps.entries()) {
    switch (step.type) {
      case 'send':
        client.send(withSlack(step.message, slackMs))
        break
      case 'raw':
        client.sendBytes(step.bytes)
        break
      case 'end':
        client.end()
        break
      case 'recv': {
        const found = await within(client.take(isLike(step.message)))
        if (!isDeepStrictEqual(found, step.message)) return { wanted: step.message, found, rest: client.rest }
        break
      }
      case 'pause':
        await runCell(client, index, step.ms + slackMs)
        break
      case 'silence':
        await Promise.race([runCell(client, index, 0), code])
        break
      default:
        return step satisfies never
    }
  }
  return await differenceAtEnd(client, code, conversation.end)
}

async function differenceAtEnd(client: FramedClient, code: Promise<unknown>, wanted: End): Promise<unknown> {
  if (!wanted.byItself) client.end()
  const found = await within(code)
  await nextTurn()
  const rest = client.rest.filter(({ type }) => type !== 'cell/closed')
  return rest.length === 0 && found === wanted.code ? null : { wanted: wanted.code, found, rest }
}

/** Runs a cell in a session of its own. When this resolves, the host has responded to all earlier messages. */
async function runCell(client: FramedClient, step: number, ms: number): Promise<void> {
  const sessionId = `session of step ${step}`
  const id = 1000 + 2 * step
  client.send({ type: 'operation/request', id, request: { method: 'session/open', sessionId } })
  const source = ms === 0 ? '' : `await new Promise((resolve) => setTimeout(resolve, ${ms}))`
  const request = { tool_call_id: 'call', enabled_tools: [], source, yield_time_ms: 60_000 }
  client.send({ type: 'operation/request', id: id + 1, request: { method: 'session/execute', sessionId, request } })
  for (let messages = 0; messages < 4; messages++) {
    await client.take((message) => message['sessionId'] === sessionId || Number(message['id']) >= id)
  }
}

/** Returns whether a message is about the same request, call or cell. */
function isLike(wanted: Message): (message: Message) => boolean {
  return (message) => ['type', 'id', 'cellId', 'sessionId'].every((name) => message[name] === wanted[name])
}

async function within<Value>(promise: Promise<Value>): Promise<Value | 'missing'> {
  const timer = new AbortController()
  try {
    // waits because a missing message has no event
    return await Promise.race([promise, delay(missingMs, 'missing' as const, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

function withSlack(message: Message, slackMs: number): Message {
  const longer = JSON.stringify(message, (name, value: unknown) => {
    if (name === 'yield_time_ms' && typeof value === 'number' && value < 1000) return value + slackMs
    if (name !== 'source' || typeof value !== 'string') return value
    return value.replace(/setTimeout\(r, (\d+)\)/, (_, ms: string) => `setTimeout(r, ${Number(ms) + 2 * slackMs})`)
  })
  return recordOf(JSON.parse(longer))
}

function stepOf(step: Message): Step {
  const { send, recv, raw, pause } = step
  if (send !== undefined) return { type: 'send', message: recordOf(send) }
  if (recv !== undefined) return { type: 'recv', message: withoutTimes(JSON.stringify(recv)) }
  if (typeof raw === 'string') return { type: 'raw', bytes: Buffer.from(raw, 'hex') }
  if (pause !== undefined) return { type: 'pause', ms: Number(pause) }
  return { type: step['end'] === true ? 'end' : 'silence' }
}

function recordOf(value: unknown): Message {
  if (isRecord(value)) return value
  throw new TypeError(`expected an object, not ${JSON.stringify(value)}`)
}
