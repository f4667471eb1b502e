import type { RolloutStatus } from '../format/raw-event.ts'
import type { InteractionEdge, TokenUsage } from '../format/trace-state.ts'
import type { TimelineEntry } from '../timeline/timeline-entry.ts'

/** The beginning of a string; `length` is that of the whole string, in characters. */
export type ViewText = { readonly text: string; readonly length: number }

/** Milliseconds since 1970; `end` is null if no end was recorded. */
export type ViewSpan = { readonly start: number; readonly end: number | null }

/** A location in the source of a cell where something happened; `line` counts from 1. */
export type ViewMark = {
  readonly line: number
  readonly kind: 'call' | 'output' | 'notify' | 'yield' | 'store' | 'error'
  /** Index into `events`, or into the cell's `nestedCallIds` for a call; -1 for what is not recorded by itself. */
  readonly index: number
  /** False: guessed from the source by name and order, because the recorder did not log the location. */
  readonly isCertain: boolean
}

/** An event of a cell that has no entry in the timeline. */
export type ViewCellEvent = {
  readonly at: number
  readonly kind:
    | 'text'
    | 'image'
    | 'audio'
    | 'notify'
    | 'yield'
    | 'store'
    | 'timer'
    | 'evicted'
    | 'revived'
    | 'approval'
    | 'response'
    | 'error'
  readonly text: ViewText
  readonly line: number | null
}

export type ViewEntryType = Extract<
  TimelineEntry['type'],
  'turn' | 'inference' | 'compaction' | 'cell' | 'nested_call' | 'wait' | 'tool_call'
>

/** An entry of the timeline that takes time: a bar. */
export type ViewEntry = Pick<
  TimelineEntry,
  'id' | 'parent' | 'thread' | 'cell' | 'call' | 'name' | 'label' | 'server' | 'start' | 'end' | 'status' | 'usage'
> & {
  readonly type: ViewEntryType
  /** True for the status `failed`, and for a completed call whose result says that it is an error (`isError` of MCP). */
  readonly isError: boolean
  /** The cost of a request in the currency of the prices; null without tokens or without a price of its model. */
  readonly cost: number | null
  /** Why a request to a model failed or was cancelled; null for other entries. */
  readonly failure: ViewText | null
  /** Ids of all its payloads. */
  readonly payloads: readonly string[]
}

/** The cause of a cell's end, and the entry that shows it: the wait that terminated the cell, or the interrupted turn. */
export type ViewCellEnd = {
  readonly by:
    | 'program'
    /** A limit of the session, such as CPU time. */
    | 'limit'
    /** The model, with a wait that terminates. */
    | 'model'
    /** The application that runs the session: its user, or an abort. */
    | 'application'
    /** The close of the session. */
    | 'session'
    /** The interruption or failure of the turn. */
    | 'turn'
    | 'unknown'
  readonly entry: string | null
}

/** The details of a cell. */
export type ViewCell = {
  /** The id of its entry. */
  readonly id: string
  readonly source: string
  /** Null while no end is recorded. */
  readonly end: ViewCellEnd | null
  /** Times of the responses that reported a running cell. */
  readonly yields: readonly number[]
  /** Ids of the entries of its calls, in the order in which they began. */
  readonly nestedCallIds: readonly string[]
  readonly marks: readonly ViewMark[]
  /** In order; empty for bundles without cell logs. */
  readonly events: readonly ViewCellEvent[]
  readonly errorText: ViewText | null
  /** The responses that the model saw, in order: that of `exec`, then those of its waits. */
  readonly modelSaw: readonly { readonly at: number | null; readonly callId: string; readonly text: ViewText }[]
  /** The whole output of the cell, whether a model saw it or not; null if it was not recorded. */
  readonly printed: ViewText | null
  readonly hasLog: boolean
}

/** The details of a tool call. */
export type ViewToolCall = {
  /** The id of its entry. */
  readonly id: string
  readonly kind: string
  /** The line of the cell that made the call. */
  readonly line: number | null
  readonly input: ViewText | null
  readonly output: ViewText | null
  readonly errorText: ViewText | null
}

/** An item of the conversation of a thread. */
export type ViewItem = {
  readonly id: string
  readonly threadId: string
  readonly turnId: string | null
  readonly at: number
  readonly role: string
  readonly channel: string | null
  readonly kind: string
  readonly callId: string | null
  /** The name of the tool of a call or an output, as programs call it. */
  readonly name: string | null
  /** The id of the entry of the call or cell. */
  readonly entry: string | null
  /** The paths of the agents, for a message between agents. */
  readonly author: string | null
  readonly recipient: string | null
  readonly text: ViewText
}

/**
 * The items of one request to a model. The request has the first `kept` items of the context before it (the items of the previous
 * request of the thread and of its response), then `rest`.
 */
export type ViewRequest = {
  readonly id: string
  readonly threadId: string
  /** The id of its entry; null for a request that the recorder inferred. */
  readonly entry: string | null
  readonly kept: number
  /** Ids of items; null if the requests of the trace have too many. */
  readonly rest: readonly string[] | null
  /** Ids of the items that the context before did not have. */
  readonly added: readonly string[]
  /** The number of items of the context before that the request does not have. */
  readonly removed: number
  /** Ids of the items of the response. */
  readonly response: readonly string[]
}

/** An installed compaction: the history of a thread was replaced by fewer items. */
export type ViewCompaction = {
  readonly id: string
  readonly threadId: string
  readonly at: number
  /** The id of the entry of its last request; null if it has none. */
  readonly entry: string | null
  /** The number of items before and after. */
  readonly before: number
  readonly after: number
}

/** Sums of a thread or of the trace. */
export type ViewTotals = {
  readonly requests: number
  /** Requests without recorded tokens, among them those of compactions. */
  readonly requestsWithoutUsage: number
  readonly usage: TokenUsage
  /** The cost of the requests that have one; null if none has. */
  readonly cost: number | null
  /** Requests with tokens whose model has no price. */
  readonly requestsWithoutPrice: number
  readonly cells: number
  readonly calls: number
  readonly errors: number
}

/** An agent: a thread with its place in the tree of agents. */
export type ViewThread = ViewSpan & {
  readonly id: string
  readonly path: string
  readonly nickname: string | null
  readonly role: string | null
  readonly task: string | null
  readonly model: string | null
  /** The id of the thread that spawned it; null for the root. */
  readonly parent: string | null
  readonly status: string
  readonly totals: ViewTotals
}

/** One end of an edge: a thread and a time, and the entry or the item that sent or received. */
export type ViewEdgeEnd = {
  readonly threadId: string
  readonly at: number
  readonly entry: string | null
  readonly item: string | null
}

/** An interaction of two agents. */
export type ViewEdge = {
  readonly id: string
  readonly kind: InteractionEdge['kind']
  readonly from: ViewEdgeEnd
  readonly to: ViewEdgeEnd
  /** The message that it carried. */
  readonly text: ViewText | null
}

/** An event that the reducer did not accept, or that follows one. */
export type ViewUnreducedEvent = {
  readonly seq: number
  readonly at: number
  readonly type: string
  readonly threadId: string | null
}

/** The content of a viewer page: the timeline, all numbers and names, and the beginnings of long texts. Payloads load on demand. */
export type ViewData = {
  readonly format: 3
  readonly traceId: string
  readonly rolloutId: string
  /** `unreadable`: the trace cannot be reduced; the data has only what precedes the first unaccepted event. */
  readonly status: RolloutStatus | 'unreadable'
  readonly span: ViewSpan
  /** False if the log was cut or is still being written. */
  readonly isComplete: boolean
  readonly rootThreadId: string
  /** The root first; then in the order in which they began. */
  readonly threads: readonly ViewThread[]
  readonly totals: ViewTotals
  /** The currency of all costs, and the models without a price; null without prices. */
  readonly prices: { readonly currency: string; readonly unknownModels: readonly string[] } | null
  /** In the order in which they began. */
  readonly entries: readonly ViewEntry[]
  readonly cells: readonly ViewCell[]
  readonly toolCalls: readonly ViewToolCall[]
  readonly items: readonly ViewItem[]
  /** In the order in which they began. */
  readonly requests: readonly ViewRequest[]
  readonly compactions: readonly ViewCompaction[]
  readonly edges: readonly ViewEdge[]
  readonly payloads: readonly { readonly id: string; readonly kind: string; readonly path: string }[]
  /** The events from the first unaccepted one; empty for a trace that reduces. */
  readonly unreduced: readonly ViewUnreducedEvent[]
  readonly counts: { readonly events: number; readonly payloads: number }
  /** Messages for the reader about what is missing or cannot be read. */
  readonly problems: readonly string[]
}
