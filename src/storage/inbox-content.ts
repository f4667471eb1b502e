import { isRecord } from '../protocol/json.ts'
import type { ProvidedResult } from './ledger.ts'

/** The result of a deferred call, by the key of the call. */
export type InboxResult = { readonly kind: 'tool_result'; readonly key: string } & ProvidedResult

/** A request of another process to the owner of a session. */
export type InboxContent = InboxResult

/** The subject of an entry: the call that gets a result, by its key. */
export type InboxSubject = Pick<InboxContent, 'kind' | 'key'>

/** An entry that the owner cannot apply: its kind is unknown, or its fields are malformed. */
export type InvalidContent = { readonly kind: 'invalid'; readonly reason: string }

/** An entry that another process has left in the inbox of a session. `entry` identifies it there. */
export type LeftEntry<Content = InboxContent | InvalidContent> = { readonly entry: string; readonly content: Content }

type Kind = InboxContent['kind']
type Parsers = { readonly [Each in Kind]: (fields: Readonly<Record<string, unknown>>) => InboxContent | null }

const parsers: Parsers = { tool_result: parseResult }

/** Parses an entry. Other processes can leave anything, so this never throws. */
export function parseInboxContent(kind: string, body: unknown): InboxContent | InvalidContent {
  if (!isKind(kind)) return { kind: 'invalid', reason: `the kind ${JSON.stringify(kind.slice(0, 40))} is unknown` }
  const content = isRecord(body) ? parsers[kind](body) : null
  return content ?? { kind: 'invalid', reason: `the fields of an entry of the kind "${kind}" are malformed` }
}

/** Returns whether an entry is about a subject. */
export function isAbout(content: InboxContent | InvalidContent, { kind, key }: InboxSubject): content is InboxContent {
  return content.kind === kind && content.key === key
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

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
