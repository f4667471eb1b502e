import { CodecellError } from '../../errors.ts'
import type { PayloadReference, RawEvent, ShardPayloadReference, TraceManifest } from '../format/raw-event.ts'
import type {
  AgentThread,
  CodeCell,
  CodexTurn,
  Compaction,
  CompactionRequest,
  ConversationItem,
  ExecutionWindow,
  InferenceCall,
  InteractionEdge,
  TerminalOperation,
  TerminalSession,
  ToolCall,
} from '../format/trace-state.ts'

/** The source of payloads for the reducer. Only references of the log are requested, and `has` before `read`. */
export type TracePayloads = {
  /** Returns whether the payload exists. */
  readonly has: (reference: PayloadReference) => boolean
  /** Returns the parsed payload. Throws if it cannot be read. */
  readonly read: (reference: PayloadReference) => unknown
}

/** An index of a thread: the items that its next request is matched with, its calls and cells. */
export type ThreadIndex = {
  readonly thread: AgentThread
  /** Items of the last request and its response, or of the compaction since. */
  snapshot: string[]
  /** Items of a compaction since the last request with a whole history. */
  replacement: readonly string[] | undefined
  /** The ids of `thread.conversation_item_ids`. */
  readonly listed: Set<string>
  readonly callItems: Map<string, string[]>
  readonly outputItems: Map<string, string[]>
  readonly terminals: Map<string, string>
}

export type TrackedCell = {
  readonly cell: CodeCell
  /** Whether the item of the cell's call was seen; without that item the cell is not part of the state. */
  isVisible: boolean
  /** The calls of the cell before that item. */
  readonly hiddenCalls: string[]
}

/** An edge that waits for the item with its message. */
export type PendingEdge = {
  readonly edge: Omit<InteractionEdge, 'target'>
  readonly threadId: string
  readonly message: string
  /** The thread that the edge ends at if no item appears; null if there is no edge without an item. */
  readonly fallback: string | null
  /** The call whose result the edge carries. */
  readonly call: ToolCall | null
}

/** The state of the reducer while it reads a log. */
export class ReducerState {
  readonly manifest: TraceManifest
  readonly payloads: TracePayloads
  readonly rawPayloads: Map<string, PayloadReference> = new Map()
  readonly threads: Map<string, ThreadIndex> = new Map()
  readonly turns: Map<string, CodexTurn> = new Map()
  readonly items: Map<string, ConversationItem> = new Map()
  readonly fingerprints: Map<string, string> = new Map()
  readonly accepted: Map<string, { readonly at: number; readonly seq: number }> = new Map()
  /** Items that were accepted with their content, and that no request has had, by thread and id. */
  readonly unrequested: Map<string, ConversationItem> = new Map()
  readonly itemsByResponsesId: Map<string, string[]> = new Map()
  readonly inferenceCalls: Map<string, InferenceCall> = new Map()
  readonly inferenceCallsByTurn: Map<string, Set<InferenceCall>> = new Map()
  readonly inferenceCallsByResponse: Map<string, InferenceCall> = new Map()
  readonly cells: Map<string, TrackedCell> = new Map()
  readonly cellsByRuntimeId: Map<string, TrackedCell> = new Map()
  readonly cellsByTurn: Map<string, Set<TrackedCell>> = new Map()
  readonly toolCalls: Map<string, ToolCall> = new Map()
  readonly toolCallsByVisibleId: Map<string, ToolCall> = new Map()
  readonly terminalSessions: Map<string, TerminalSession> = new Map()
  readonly terminalOperations: Map<string, TerminalOperation> = new Map()
  /** The process id of each command that has one, by operation. */
  readonly processIds: Map<string, string> = new Map()
  readonly compactions: Map<string, Compaction> = new Map()
  readonly compactionRequests: Map<string, CompactionRequest> = new Map()
  readonly edges: Map<string, InteractionEdge> = new Map()
  /** The last message of an agent in each turn. */
  readonly lastWords: Map<string, string> = new Map()
  /** Messages to an agent that no edge has, by thread. */
  readonly undelivered: Map<string, { readonly content: string; readonly itemId: string }[]> = new Map()
  readonly pendingEdges: Map<string, PendingEdge[]> = new Map()
  /** The ids of the edges that tools made, with or without an item. */
  readonly toolEdgeIds: Set<string> = new Set()
  readonly toolEdges: { readonly edge: InteractionEdge; readonly call: ToolCall }[] = []

  /** Whether a payload is incomplete. */
  isPartial = false
  /** The number of items that all requests name. */
  requestItems = 0

  constructor(manifest: TraceManifest, payloads: TracePayloads) {
    this.manifest = manifest
    this.payloads = payloads
  }

  /** Registers a payload that an event names. It must exist, even if it is never read. */
  register(reference: PayloadReference): string {
    const id = reference.raw_payload_id
    if ('shard' in reference) this.#registerRecord(reference)
    else if (!this.rawPayloads.has(id)) {
      if (!this.payloads.has(reference)) throw invalid(`read payload ${id}`)
      this.rawPayloads.set(id, reference)
    }
    return id
  }

  /** Registers a record and its parts. All references to a record must be equal. */
  #registerRecord(reference: ShardPayloadReference): void {
    const { raw_payload_id: id, shard, capture, parts } = reference
    const known = this.rawPayloads.get(id)
    if (known !== undefined) {
      if (!isEqualReference(known, reference)) throw invalid(`conflicting references for payload ${id}`)
      return
    }
    if (capture?.status === 'omitted' && shard !== null) throw invalid('omitted payload has a shard')
    if (capture?.status !== 'omitted' && shard === null) throw invalid('payload omitted by size limit')
    if (!this.payloads.has(reference)) throw invalid(`missing payload ${id} in shard ${shard}`)
    this.rawPayloads.set(id, reference)
    if (capture !== undefined) this.isPartial = true
    for (const part of parts ?? []) this.#registerRecord(part)
  }

  registerOptional(reference: PayloadReference | null | undefined): string | null {
    return reference === null || reference === undefined ? null : this.register(reference)
  }

  /** Registers a payload and reads it. */
  read(reference: PayloadReference): unknown {
    if ('shard' in reference) this.#registerRecord(reference)
    else {
      const id = reference.raw_payload_id
      if (!this.payloads.has(reference)) throw invalid(`open payload ${id}`)
      this.rawPayloads.set(id, reference)
    }
    return this.payloads.read(reference)
  }

  /** Registers a payload and reads it; undefined if a part of it was not recorded. */
  readWhole(reference: PayloadReference): unknown {
    if ('path' in reference || reference.capture === undefined) return this.read(reference)
    this.register(reference)
    return undefined
  }

  thread(threadId: string): ThreadIndex {
    const thread = this.threads.get(threadId)
    if (thread === undefined) throw invalid(`trace event referenced unknown thread ${threadId}`)
    return thread
  }

  /** Returns a turn of the thread. `what` begins the message of an error. */
  turnOf(what: string, turnId: string, threadId: string): CodexTurn {
    const turn = this.turns.get(turnId)
    if (turn === undefined) throw invalid(`${what} referenced unknown codex turn ${turnId}`)
    if (turn.thread_id !== threadId) {
      throw invalid(`${what} used thread ${threadId}, but codex turn ${turnId} belongs to ${turn.thread_id}`)
    }
    return turn
  }

  /** Returns the thread of an event, from its envelope or from the turn that it names. */
  threadIdOf(event: RawEvent): string | undefined {
    if (event.thread_id !== null) return event.thread_id
    return event.codex_turn_id === null ? undefined : this.turns.get(event.codex_turn_id)?.thread_id
  }
}

function isEqualReference(known: PayloadReference, other: ShardPayloadReference): boolean {
  if (known === other) return true
  if ('path' in known || known.shard !== other.shard || known.kind.type !== other.kind.type) return false
  return JSON.stringify([known.capture, known.parts]) === JSON.stringify([other.capture, other.parts])
}

/** Starts an execution window with this event. */
export function startedBy(event: RawEvent): ExecutionWindow {
  return {
    started_at_unix_ms: event.wall_time_unix_ms,
    started_seq: event.seq,
    ended_at_unix_ms: null,
    ended_seq: null,
    status: 'running',
  }
}

/** Ends an execution window with this event. */
export function endWith(execution: ExecutionWindow, event: RawEvent, status: ExecutionWindow['status']): void {
  execution.ended_at_unix_ms = event.wall_time_unix_ms
  execution.ended_seq = event.seq
  execution.status = status
}

export function invalid(message: string, cause?: unknown): CodecellError {
  // Messages contain ids, and an id can be as long as a line of the log.
  const bounded = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message
  return new CodecellError('TRACE_INVALID', bounded, cause === undefined ? undefined : { cause })
}

const maxMessageLength = 2000

/** Returns an unambiguous key for two ids with any characters. */
export function pairKey(left: string, right: string): string {
  return `${left.length}:${left}${right}`
}

/** Appends a value to a list that does not have it. */
export function addOnce<T>(list: T[], value: T): void {
  if (!list.includes(value)) list.push(value)
}

/** Adds a value to the set of a key. */
export function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}
