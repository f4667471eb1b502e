import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/protocol/json.ts'
import { ProtoReader } from '../../src/codex-host/grpc/protobuf.ts'
import { changed } from './conversation-differences.ts'
import { within } from './conversation.ts'
import { readConversations, recordOf, toolsOf, withSlack } from './recorded-conversations.ts'
import type { Message } from './framed-client.ts'
import type { ClientCall, GrpcClient } from './grpc-client.ts'
import { decode, encode, schemas } from './grpc-schema.ts'
import { HostProcess } from './host-process.ts'

/** A recorded conversation of an agent with the host of the reference. Each step names its call by the recorded stream. */
export type GrpcConversation = { readonly name: string; readonly steps: readonly Message[] }

/** Returns the recorded conversations, with the intentional differences. */
export function loadGrpcConversations(): readonly GrpcConversation[] {
  return readConversations('codex-grpc-conversations.jsonl').map((conversation) => {
    const { name, steps } = changed(conversation)
    return { name, steps: steps.map(withRevisions) }
  })
}

/** The recorded host, of Codex 0.169, had no catalogue revisions. */
export function withRevisions(step: Message): Message {
  const { message } = step
  if (!isRecord(message) || !isRecord(message['opened'])) return step
  return { ...step, message: { opened: { ...message['opened'], supports_catalog_revision: 1 } } }
}

/** Plays a conversation with a process of codecell, or with another host. Returns the first difference, or null. */
export async function replayGrpc(
  { steps }: GrpcConversation,
  slackMs: number,
  host: { readonly executable?: string } = {},
): Promise<unknown> {
  await using process = new HostProcess({ listen: 'grpc+stdio://', ...host })
  await using client = process.connectGrpc()
  const player = new Player(client, slackMs)
  for (const step of steps) {
    const difference = await player.play(step)
    if (difference !== null) return { step, ...difference, errors: process.errorText }
  }
  const rest = await player.rest()
  process.endInput()
  const exit = await within(process.exit)
  const isFine = rest.length === 0 && isDeepStrictEqual(exit, { code: 0, signal: null })
  return isFine ? null : { rest, exit, errors: process.errorText }
}

class Player {
  readonly #client: GrpcClient
  readonly #slackMs: number
  readonly #calls = new Map<unknown, { readonly call: ClientCall; readonly rpc: string }>()
  readonly #ids = new Map<string, string>()
  /** Messages about other cells than the next step of their call. */
  readonly #skipped = new Map<unknown, Message[]>()

  constructor(client: GrpcClient, slackMs: number) {
    this.#client = client
    this.#slackMs = slackMs
  }

  async play(step: Message): Promise<object | null> {
    // waits because a cell that prints sends no event
    if ('pause' in step) await delay(Number(step['pause']) + this.#slackMs)
    if ('call' in step) this.#start(step)
    if ('cancel' in step) this.#calls.get(step['cancel'])?.call.cancel()
    if ('recv' in step) return await this.#receive(step)
    if ('end' in step) return await this.#end(step)
    return null
  }

  /** Returns the messages that no step has received, of calls that have ended. */
  async rest(): Promise<readonly unknown[]> {
    const ended = [...this.#calls.values()].map(async ({ call }) => await within(call.next()))
    const rest = (await Promise.all(ended)).filter((message) => message !== null)
    return [...rest, ...[...this.#skipped.values()].flat()]
  }

  #start({ call, rpc, message }: Message): void {
    const name = String(rpc)
    const request = withSlack(recordOf(this.#known(message)), this.#slackMs)
    const schema = schemas[name]
    if (schema === undefined) throw new Error(`There is no schema of ${name}`)
    this.#calls.set(call, { call: this.#client.call(name, encode(schema.request, request)), rpc: name })
  }

  async #receive({ recv, message }: Message): Promise<object | null> {
    const started = this.#calls.get(recv)
    const schema = schemas[started?.rpc ?? '']
    if (started === undefined || schema === undefined) throw new Error(`There is no call ${JSON.stringify(recv)}`)
    const wanted = withoutDuration(message)
    const skipped = this.#skipped.get(recv) ?? []
    this.#skipped.set(recv, skipped)
    const known = skipped.find((each) => this.#accepts(wanted, each))
    if (known !== undefined) {
      skipped.splice(skipped.indexOf(known), 1)
      return null
    }
    for (;;) {
      const received = await within(started.call.next())
      if (received === null) return { found: await started.call.status, skipped }
      if (!(received instanceof ProtoReader)) return { found: received, skipped }
      const found = decode(schema.response, received)
      if (this.#accepts(wanted, found)) return null
      // Events of other cells can come before.
      if (cellOf(found) === cellOf(wanted)) return { found, skipped }
      skipped.push(found)
    }
  }

  async #end({ end, status }: Message): Promise<object | null> {
    const found = await this.#calls.get(end)?.call.status
    return found?.code === status ? null : { found }
  }

  /** Replaces the recorded ids of the host with those of this host. The ids of the client are used as they are. */
  #known(message: unknown): unknown {
    const json = JSON.stringify(message, (key, value: unknown) => {
      if (key === 'enabled_tools') return toolsOf(value)
      if (key === 'kind') return `TOOL_KIND_${String(value).toUpperCase()}`
      return typeof value === 'string' && isId(value) ? this.#idOf(value, value) : value
    })
    return JSON.parse(json)
  }

  #idOf(recorded: string, found: string): string {
    const known = this.#ids.get(recorded)
    if (known !== undefined) return known
    this.#ids.set(recorded, found)
    return found
  }

  /** Compares a message; an id that is new in the recording can be any, and is known then. */
  #accepts(wanted: unknown, found: unknown): boolean {
    const ids = new Map(this.#ids)
    if (!isMatch(wanted, found, ids)) return false
    for (const [recorded, id] of ids) this.#ids.set(recorded, id)
    return true
  }
}

function isMatch(wanted: unknown, found: unknown, ids: Map<string, string>): boolean {
  if (typeof wanted === 'string' && typeof found === 'string' && isId(wanted)) {
    const known = ids.get(wanted) ?? found
    ids.set(wanted, known)
    return known === found
  }
  if (isRecord(wanted) && isRecord(found)) {
    const names = Object.keys({ ...wanted, ...found })
    return names.every((name) => isMatch(wanted[name], found[name], ids))
  }
  return isDeepStrictEqual(wanted, found)
}

/** Returns the cell that a message is about, or undefined. */
function cellOf(message: unknown): string | undefined {
  return /"cell_id":"(.*?)"/.exec(JSON.stringify(message))?.[1]
}

function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

function withoutDuration(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message, (key, value: unknown) => (key.endsWith('_ns') ? undefined : value)))
}
