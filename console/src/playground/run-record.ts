import type { ContentItem } from '../../../src/protocol/content-item.ts'
import type { Location, RunEvent } from './backend/backend.ts'

/** Bounds of a record: a program can emit events without end. */
const maxEntries = 1000
const maxCalls = 2000
const maxResponses = 50

export type OutputEntry =
  | { readonly type: 'output'; readonly item: ContentItem; readonly location: Location | null }
  | { readonly type: 'notification'; readonly text: string; readonly location: Location | null }

export type CallRecord = {
  readonly callId: string
  readonly identifier: string
  readonly input: string
  readonly location: Location | null
  readonly startedMs: number
  /** Null while the call runs. */
  readonly endedMs: number | null
  readonly state: 'running' | 'pending' | 'succeeded' | 'failed' | 'cancelled'
  /** The key for a decision while the call is pending. */
  readonly key: string | null
  readonly body: string | null
}

type ModelResponseRecord = { readonly tool: 'exec' | 'wait'; readonly items: readonly ContentItem[] }

/** The events of one run, in the form that the page shows. */
export type RunRecord = {
  readonly status: 'running' | 'yielded' | 'completed' | 'failed' | 'terminated'
  readonly yieldReason: string
  readonly errorText: string | null
  readonly durationMs: number | null
  /** The time of the page when the run began. */
  readonly startedAt: number
  readonly entries: readonly OutputEntry[]
  /** Entries and calls beyond the bounds, which are not shown. */
  readonly droppedEntries: number
  readonly calls: readonly CallRecord[]
  readonly droppedCalls: number
  readonly stored: ReadonlyMap<string, string>
  readonly responses: readonly ModelResponseRecord[]
}

export const emptyRecord: RunRecord = {
  status: 'running',
  yieldReason: '',
  errorText: null,
  durationMs: null,
  startedAt: 0,
  entries: [],
  droppedEntries: 0,
  calls: [],
  droppedCalls: 0,
  stored: new Map(),
  responses: [],
}

/** Returns a record with further events. */
export function withEvents(record: RunRecord, events: readonly RunEvent[]): RunRecord {
  const next = { ...record, entries: [...record.entries], stored: new Map(record.stored) }
  const calls = new Map(record.calls.map((call) => [call.callId, call]))
  const change = (callId: string, part: Partial<CallRecord>): void => {
    const call = calls.get(callId)
    if (call !== undefined) calls.set(callId, { ...call, ...part })
  }
  for (const event of events) {
    switch (event.type) {
      case 'output':
      case 'notification':
        if (next.entries.length < maxEntries) next.entries.push(event)
        else next.droppedEntries++
        break
      case 'call_started':
        if (calls.size < maxCalls) calls.set(event.callId, startedCall(event))
        else next.droppedCalls++
        break
      case 'approval_asked':
        change(event.callId, { state: 'pending', key: event.key })
        break
      case 'approval_decided':
        change(event.callId, { state: 'running', key: null })
        break
      case 'call_ended':
        change(event.callId, { state: event.result, key: null, body: event.body, endedMs: event.atMs })
        break
      case 'call_detail':
        change(event.callId, knownParts(event))
        break
      case 'stored':
        next.stored.set(event.key, event.json)
        break
      case 'response':
        next.responses = [...next.responses, { tool: event.tool, items: event.items }].slice(-maxResponses)
        break
      case 'yielded':
        next.status = 'yielded'
        next.yieldReason = event.reason
        break
      case 'awaited':
        next.status = 'running'
        break
      case 'ended':
        next.status = event.ending
        next.errorText = event.errorText
        next.durationMs = event.atMs
        break
      default:
        event satisfies never
    }
  }
  return { ...next, calls: [...calls.values()] }
}

function startedCall(event: RunEvent & { readonly type: 'call_started' }): CallRecord {
  const { callId, identifier, input, location, atMs } = event
  return {
    callId,
    identifier,
    input,
    location,
    startedMs: atMs,
    endedMs: null,
    state: 'running',
    key: null,
    body: null,
  }
}

function knownParts({ location, body }: RunEvent & { readonly type: 'call_detail' }): Partial<CallRecord> {
  return { ...(location === null ? {} : { location }), ...(body === null ? {} : { body }) }
}
