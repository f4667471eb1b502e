import { isRecord } from '../protocol/json.ts'
import { decisionTypes, type DecisionType } from './approval-store.ts'
import type { ProvidedResult } from './ledger.ts'
import type { Settlement } from './settlement.ts'

/** The result of a deferred call, by the key of the call. */
export type InboxResult = { readonly kind: 'tool_result'; readonly key: string } & ProvidedResult

/** The decision about a pending call, by the key of the call. */
export type InboxDecision = {
  readonly kind: 'decision'
  readonly key: string
  /** The id of the request. */
  readonly id: string
  readonly by: string | null
  readonly type: DecisionType
  /** The number of calls that `allow_in_cell` allows; otherwise null. */
  readonly calls: number | null
  /** The reason of a denial. */
  readonly reason: string | null
  /** Identifies the input that the approver saw. */
  readonly inputHash: string
  /** Identifies the tool that the approver saw; null: unknown. */
  readonly toolDigest: string | null
  /** In milliseconds since 1970. */
  readonly at: number
}

/** The termination of a cell. */
export type InboxTermination = {
  readonly kind: 'termination'
  /** The id of the cell. */
  readonly key: string
  /** In milliseconds since 1970. */
  readonly at: number
}

/** The settlement of a call whose outcome is unknown, by the key of the call. `result` is JSON. */
export type InboxSettlement = {
  readonly kind: 'settlement'
  readonly key: string
  readonly result: string | null
} & Settlement

/** A request of another process to the owner of a session. */
export type InboxContent = InboxResult | InboxDecision | InboxTermination | InboxSettlement

type Kind = InboxContent['kind']

/** The content of entries of one kind. */
export type ContentOf<Each extends Kind> = Extract<InboxContent, { readonly kind: Each }>

/** The subject of an entry: the call that gets a result or a decision, by its key, or the cell that is terminated, by its id. */
export type InboxSubject<Each extends Kind = Kind> = { readonly kind: Each; readonly key: string }

/** An entry that the owner cannot apply: its kind is unknown, or its fields are malformed. */
export type InvalidContent = { readonly kind: 'invalid'; readonly reason: string }

/** An entry that another process has left in the inbox of a session. `entry` identifies it there. */
export type LeftEntry<Content = InboxContent | InvalidContent> = { readonly entry: string; readonly content: Content }

type Parsers = { readonly [Each in Kind]: (fields: Readonly<Record<string, unknown>>) => InboxContent | null }

const parsers: Parsers = {
  tool_result: parseResult,
  decision: parseDecision,
  termination: parseTermination,
  settlement: parseLeftSettlement,
}

/** Maximum lengths of the fields of a decision, in characters. */
const maxNameChars = 200
export const maxReasonChars = 10_000
export const maxSettlementChars = 1000

/** Parses an entry. Other processes can leave anything, so this never throws. */
export function parseInboxContent(kind: string, body: unknown): InboxContent | InvalidContent {
  if (!isKind(kind)) return { kind: 'invalid', reason: `the kind ${JSON.stringify(kind.slice(0, 40))} is unknown` }
  const content = isRecord(body) ? parsers[kind](body) : null
  return content ?? { kind: 'invalid', reason: `the fields of an entry of the kind "${kind}" are malformed` }
}

/** Returns whether an entry is about a subject. */
export function isAbout<Each extends Kind>(
  content: InboxContent | InvalidContent | null,
  { kind, key }: InboxSubject<Each>,
): content is ContentOf<Each> {
  return content?.kind === kind && content.key === key
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(parsers, kind)
}

function parseResult({ key, id, type, body, at }: Readonly<Record<string, unknown>>): InboxResult | null {
  const isGood =
    typeof key === 'string' &&
    (id === null || typeof id === 'string') &&
    (type === 'tool_response' || type === 'tool_error') &&
    typeof body === 'string' &&
    isTime(at)
  return isGood ? { kind: 'tool_result', key, id, type, body, at } : null
}

function parseDecision(fields: Readonly<Record<string, unknown>>): InboxDecision | null {
  const { key, id, by, type, calls, reason, inputHash, toolDigest, at } = fields
  const decision = decisionTypes.find((each) => each === type)
  const isGood =
    decision !== undefined &&
    typeof key === 'string' &&
    isShort(id, maxNameChars) &&
    (by === null || isShort(by, maxNameChars)) &&
    (reason === null || isShort(reason, maxReasonChars)) &&
    isCount(calls) === (decision === 'allow_in_cell') &&
    typeof inputHash === 'string' &&
    (toolDigest === null || typeof toolDigest === 'string') &&
    isTime(at)
  if (!isGood) return null
  const granted = isCount(calls) ? calls : null
  return { kind: 'decision', key, id, by, type: decision, calls: granted, reason, inputHash, toolDigest, at }
}

function parseTermination({ key, at }: Readonly<Record<string, unknown>>): InboxTermination | null {
  return typeof key === 'string' && isTime(at) ? { kind: 'termination', key, at } : null
}

function parseLeftSettlement(fields: Readonly<Record<string, unknown>>): InboxSettlement | null {
  const { key, type, by, note, requestId, result, at } = fields
  const isGood =
    typeof key === 'string' &&
    (type === 'happened' || type === 'did_not_happen') &&
    (by === null || isShort(by, maxNameChars)) &&
    (note === null || isShort(note, maxSettlementChars)) &&
    (requestId === null || isShort(requestId, maxNameChars)) &&
    (result === null || typeof result === 'string') &&
    isTime(at)
  return isGood ? { kind: 'settlement', key, type, by, note, requestId, result, at } : null
}

function isShort(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length <= max
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
