import type { EngineName } from '../../src/protocol/engine-name.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { parseOutcome } from '../../src/session/api/parse-outcome.ts'
import { cuts, type Cut } from '../support/links/link-relay.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'

/** Messages from the process of the agent to the process that started it. */
export type FromAgent =
  | { readonly type: 'opened'; readonly ledger: readonly LedgerLine[] }
  | {
      readonly type: 'call'
      readonly number: number
      readonly key: string
      readonly tool: string
      readonly input: string
    }
  | { readonly type: 'answer'; readonly requestId: string; readonly outcome: CellOutcome }
  | { readonly type: 'notify'; readonly number: number; readonly cellId: string; readonly text: string }
  | { readonly type: 'over'; readonly ledger: readonly LedgerLine[]; readonly cells: readonly string[] }
  /** Another process has the session open, or has taken it over. */
  | { readonly type: 'refused' | 'lost' }
  | { readonly type: 'closed' | 'pong' | 'lease-opened' }
  | { readonly type: 'trouble'; readonly text: string }

/** The state of a call on the ledger. */
export type LedgerLine = { readonly key: string; readonly state: string; readonly identifier: string }

/**
 * Messages to the process: a result of a tool, an order about its session, or a request to confirm what it has read.
 */
export type ToAgent =
  | { readonly type: 'answered'; readonly number: number; readonly value: unknown; readonly error: string | null }
  /** Breaks the links to the hosts. */
  | { readonly type: 'cut'; readonly cut: Cut }
  | { readonly type: 'close' | 'open-lease' | 'ping' }

/** The start options of a process of the agent. */
export type AgentOrder = {
  readonly socket: string
  readonly folder: string
  /** The shared store; null: the session is in the folder. */
  readonly store: { readonly url: string; readonly tenant: string; readonly leaseMs: number } | null
  readonly sync: boolean
  readonly engine: EngineName
  /** There is one slot. */
  readonly isNarrow: boolean
  /** The hosts are behind links. */
  readonly isLinked: boolean
  /** Breaks the store on purpose, to show that the campaign notices. */
  readonly sabotage: Sabotage | null
  readonly lanes: readonly (readonly string[])[]
  readonly last: string
  /** Responses that have arrived, by request. */
  readonly received: Readonly<Record<string, CellOutcome>>
}

const sabotages = ['starts-unrecorded', 'answers-unrecorded', 'commands-unrecorded', 'owner-unchecked'] as const

export type Sabotage = (typeof sabotages)[number]

export function parseFromAgent(text: string): FromAgent {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new TypeError('no message')
  const { type, number, key, tool, input, requestId, cellId, cells, ledger } = value
  const words = (given: unknown): string => (typeof given === 'string' ? given : '')
  switch (type) {
    case 'refused':
    case 'lost':
      return { type }
    case 'closed':
    case 'pong':
    case 'lease-opened':
      return { type }
    case 'opened':
      return { type, ledger: ledgerLines(ledger) }
    case 'call':
      return { type, number: Number(number), key: words(key), tool: words(tool), input: words(input) }
    case 'answer':
      return { type, requestId: words(requestId), outcome: parseOutcome(value['outcome']) }
    case 'notify':
      return { type, number: Number(number), cellId: words(cellId), text: words(value['text']) }
    case 'over':
      return {
        type,
        ledger: ledgerLines(ledger),
        cells: Array.isArray(cells) ? cells.map(words) : [],
      }
    default:
      return { type: 'trouble', text: words(value['text']) }
  }
}

export function ledgerLines(value: unknown): readonly LedgerLine[] {
  return Array.isArray(value) ? value.map(ledgerLine) : []
}

function ledgerLine(value: unknown): LedgerLine {
  const { key, state, identifier } = isRecord(value) ? value : {}
  return { key: String(key), state: String(state), identifier: String(identifier) }
}

export function parseToAgent(text: string): ToAgent {
  const value: unknown = JSON.parse(text)
  const { type, number, error } = isRecord(value) ? value : {}
  if (type === 'ping' || type === 'open-lease') return { type }
  const cut = type === 'cut' && isRecord(value) ? cuts.find((kind) => kind === value['cut']) : undefined
  if (cut !== undefined) return { type: 'cut', cut }
  if (!isRecord(value) || type !== 'answered') return { type: 'close' }
  return {
    type: 'answered',
    number: Number(number),
    value: value['value'],
    error: typeof error === 'string' ? error : null,
  }
}

export function parseOrder(text: string): AgentOrder {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new TypeError('no order')
  const { socket, folder, store, sync, engine, isNarrow, isLinked, sabotage, lanes, last, received } = value
  const known = sabotages.find((name) => name === sabotage)
  const given = isRecord(received)
    ? Object.entries(received).map(([id, outcome]) => [id, parseOutcome(outcome)] as const)
    : []
  return {
    socket: String(socket),
    folder: String(folder),
    store: isRecord(store)
      ? { url: String(store['url']), tenant: String(store['tenant']), leaseMs: Number(store['leaseMs']) }
      : null,
    sync: sync === true,
    engine: engine === 'quickjs' ? engine : 'v8',
    isNarrow: isNarrow === true,
    isLinked: isLinked === true,
    sabotage: known ?? null,
    lanes: Array.isArray(lanes) ? lanes.map((lane: unknown) => (Array.isArray(lane) ? lane.map(String) : [])) : [],
    last: String(last),
    received: Object.fromEntries(given),
  }
}
