import { isRecord } from '../../src/protocol/json.ts'
import { parseOutcome } from '../../src/session/api/parse-outcome.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import { ledgerLines, type LedgerLine } from '../faults/messages.ts'

/** The identity of a session: those of different tenants can have the same id. */
export type SessionName = { readonly tenant: string; readonly id: string }

/** One opening of a session by a node: its number within the process, and its epoch in the store. */
type Opening = { readonly session: SessionName; readonly opening: number; readonly epoch: number }

/** A request of a client: it starts a program, or observes its cell. */
export type ClientRequest = {
  readonly session: SessionName
  readonly requestId: string
  /** The cell to observe; null: `source` starts one. */
  readonly cellId: string | null
  readonly source: string
  readonly yieldTimeMs: number
}

export type Question =
  | ({ readonly type: 'request' } & ClientRequest)
  | { readonly type: 'open' | 'describe' | 'release'; readonly session: SessionName }
  | { readonly type: 'ping' }

export type Reply =
  | { readonly type: 'outcome'; readonly outcome: CellOutcome }
  | { readonly type: 'described'; readonly ledger: readonly LedgerLine[]; readonly cells: readonly string[] }
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly code: string; readonly text: string }

/** Messages to a node. */
export type ToNode =
  | { readonly type: 'question'; readonly number: number; readonly question: Question }
  | { readonly type: 'answered'; readonly number: number; readonly value: unknown; readonly error: string | null }
  | { readonly type: 'close' }

/** Messages from a node. */
export type FromNode =
  | { readonly type: 'ready' }
  | ({ readonly type: 'opened'; readonly ledger: readonly LedgerLine[] } & Opening)
  | ({ readonly type: 'call' } & ToolCall & Opening)
  | ({ readonly type: 'notify'; readonly number: number; readonly cellId: string; readonly text: string } & Opening)
  | ({ readonly type: 'response'; readonly requestId: string; readonly outcome: CellOutcome } & Opening)
  | { readonly type: 'reply'; readonly number: number; readonly reply: Reply }
  | { readonly type: 'report' | 'trouble'; readonly text: string }

type ToolCall = {
  readonly number: number
  readonly key: string
  readonly tool: string
  readonly input: string
}

/** The start options of a node. */
export type NodeOrder = {
  readonly name: string
  /** The address of its machine. */
  readonly address: string
  /** The tokens of the clients of a server. */
  readonly tokens: readonly string[]
  readonly url: string
  readonly tenants: readonly string[]
  readonly leaseMs: number
  readonly addresses: readonly string[]
  /** The files of its certificate. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
}

type Fields = Readonly<Record<string, unknown>>

export function parseToNode(value: unknown): ToNode {
  const message = fieldsOf(value)
  const number = Number(message['number'])
  switch (message['type']) {
    case 'question':
      return { type: 'question', number, question: parseQuestion(fieldsOf(message['question'])) }
    case 'answered':
      return { type: 'answered', number, value: message['value'], error: textOrNull(message['error']) }
    default:
      return { type: 'close' }
  }
}

function parseQuestion(fields: Fields): Question {
  const { type } = fields
  if (type === 'ping') return { type }
  const session = sessionOf(fields['session'])
  if (type === 'open' || type === 'describe' || type === 'release') return { type, session }
  return {
    type: 'request',
    session,
    requestId: String(fields['requestId']),
    cellId: textOrNull(fields['cellId']),
    source: String(fields['source']),
    yieldTimeMs: Number(fields['yieldTimeMs']),
  }
}

export function parseFromNode(value: unknown): FromNode {
  const message = fieldsOf(value)
  const { type, text } = message
  const number = Number(message['number'])
  const opening = (): Opening => ({
    session: sessionOf(message['session']),
    opening: Number(message['opening']),
    epoch: Number(message['epoch']),
  })
  switch (type) {
    case 'ready':
      return { type }
    case 'opened':
      return { type, ledger: ledgerLines(message['ledger']), ...opening() }
    case 'call': {
      const { key, tool, input } = message
      const call = { number, key: String(key), tool: String(tool), input: String(input) }
      return { type, ...call, ...opening() }
    }
    case 'notify':
      return { type, number, cellId: String(message['cellId']), text: String(text), ...opening() }
    case 'response': {
      const outcome = parseOutcome(message['outcome'])
      return { type, requestId: String(message['requestId']), outcome, ...opening() }
    }
    case 'reply':
      return { type, number, reply: parseReply(fieldsOf(message['reply'])) }
    default:
      return { type: type === 'report' ? 'report' : 'trouble', text: String(text) }
  }
}

function parseReply(fields: Fields): Reply {
  const { type, cells } = fields
  switch (type) {
    case 'outcome':
      return { type, outcome: parseOutcome(fields['outcome']) }
    case 'described':
      return { type, ledger: ledgerLines(fields['ledger']), cells: Array.isArray(cells) ? cells.map(String) : [] }
    case 'done':
      return { type }
    default:
      return { type: 'refused', code: String(fields['code']), text: String(fields['text']) }
  }
}

export function parseNodeOrder(text: string): NodeOrder {
  const order = fieldsOf(JSON.parse(text))
  const tls = fieldsOf(order['tls'])
  return {
    name: String(order['name']),
    address: String(order['address']),
    tokens: stringsOf(order['tokens']),
    url: String(order['url']),
    tenants: stringsOf(order['tenants']),
    leaseMs: Number(order['leaseMs']),
    addresses: stringsOf(order['addresses']),
    tls: { cert: String(tls['cert']), key: String(tls['key']), ca: String(tls['ca']) },
  }
}

export function fieldsOf(value: unknown): Fields {
  if (!isRecord(value)) throw new TypeError('Cannot read a message: expected an object')
  return value
}

function sessionOf(value: unknown): SessionName {
  const { tenant, id } = fieldsOf(value)
  return { tenant: String(tenant), id: String(id) }
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
