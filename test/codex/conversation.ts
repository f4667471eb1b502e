import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/protocol/json.ts'
import { changed } from './conversation-differences.ts'
import { withoutTimes, type FramedClient, type Message } from './framed-client.ts'
import { readConversations, recordOf, toolsOf, withSlack } from './recorded-conversations.ts'
import { HostProcess } from './host-process.ts'

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

/** Maximum wait for a message or for the end of the host, in milliseconds. */
const missingMs = 60_000

/** Returns the recorded conversations, with the intentional differences. */
export function loadConversations(): readonly Conversation[] {
  return readConversations('codex-conversations.jsonl').map((conversation) => {
    const { name, steps, end } = changed(conversation)
    const { code, byItself } = recordOf(end)
    return { name, steps: steps.map(stepOf), end: { code, byItself: byItself === true } }
  })
}

/**
 * Plays a conversation with a process of codecell. Returns the first difference, or null. Each time of the conversation
 * is longer by a multiple of `slackMs`, so everything happens in the order of the recording on a machine that is up to
 * `slackMs` late.
 */
export async function replay(conversation: Conversation, slackMs: number): Promise<unknown> {
  await using host = new HostProcess()
  const { client } = host
  const order = new CellOrder()
  for (const [index, step] of conversation.steps.entries()) {
    switch (step.type) {
      case 'send':
        order.sent(step.message)
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
        if (!order.received(step.message, client.arrivals.get(found))) return { tooEarly: found }
        break
      }
      case 'pause':
        await runCell(client, index, step.ms + 5 * slackMs)
        break
      case 'silence':
        await Promise.race([runCell(client, index, 0), host.exit])
        break
      default:
        return step satisfies never
    }
  }
  return await differenceAtEnd(client, host, conversation.end)
}

async function differenceAtEnd(client: FramedClient, host: HostProcess, wanted: End): Promise<unknown> {
  if (!wanted.byItself) client.end()
  const exit = await within(host.exit)
  await nextTurn()
  // The sessions of other steps.
  const rest = client.rest.filter(({ type }) => type !== 'cell/closed')
  const { code = exit } = isRecord(exit) ? exit : {}
  return rest.length === 0 && code === wanted.code ? null : { wanted: wanted.code, code, rest, errors: host.errorText }
}

/** Checks that the messages about a cell arrive in the order of the recording. Other cells can come between them. */
class CellOrder {
  readonly #sessions = new Map<unknown, unknown>()
  readonly #last = new Map<string, number>()

  sent({ id, request }: Message): void {
    if (isRecord(request)) this.#sessions.set(id, request['sessionId'])
  }

  received(message: Message, position = -1): boolean {
    const cellId = /"cell_?[iI]d":"(.*?)"/.exec(JSON.stringify(message))?.[1]
    if (cellId === undefined) return true
    const key = JSON.stringify([message['sessionId'] ?? this.#sessions.get(message['id']), cellId])
    const previous = this.#last.get(key) ?? -1
    this.#last.set(key, position)
    return position > previous
  }
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

/** Returns a message of type "missing" when nothing arrives. */
export async function within<Value>(promise: Promise<Value>): Promise<Value | Message> {
  const timer = new AbortController()
  try {
    // waits because a missing message has no event
    return await Promise.race([promise, delay(missingMs, { type: 'missing' }, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

function stepOf(step: Message): Step {
  const { send, recv, raw, pause } = step
  if (send !== undefined) return { type: 'send', message: withTools(recordOf(send)) }
  if (recv !== undefined) return { type: 'recv', message: withoutTimes(JSON.stringify(recv)) }
  if (typeof raw === 'string') return { type: 'raw', bytes: Buffer.from(raw, 'hex') }
  if (pause !== undefined) return { type: 'pause', ms: Number(pause) }
  return { type: step['end'] === true ? 'end' : 'silence' }
}

/** Replaces the short form of tools with the form of the protocol. */
function withTools(message: Message): Message {
  const full = JSON.stringify(message, (key, value: unknown) => (key === 'enabled_tools' ? toolsOf(value) : value))
  return recordOf(JSON.parse(full))
}
