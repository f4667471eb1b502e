import type { RolloutStatus } from '../format/raw-event.ts'
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
  'id' | 'parent' | 'thread' | 'cell' | 'call' | 'name' | 'server' | 'start' | 'end' | 'status' | 'usage'
> & {
  readonly type: ViewEntryType
  /** Ids of all its payloads. */
  readonly payloads: readonly string[]
}

/** The details of a cell. */
export type ViewCell = {
  /** The id of its entry. */
  readonly id: string
  readonly source: string
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

export type ViewItem = {
  readonly id: string
  readonly threadId: string
  readonly at: number
  readonly role: string
  readonly kind: string
  readonly callId: string | null
  readonly text: ViewText
}

/** The content of a viewer page: the timeline, all numbers and names, and the beginnings of long texts. Payloads load on demand. */
export type ViewData = {
  readonly format: 2
  readonly traceId: string
  readonly rolloutId: string
  readonly status: RolloutStatus
  readonly span: ViewSpan
  /** False if the log was cut or is still being written. */
  readonly isComplete: boolean
  readonly threads: readonly { readonly id: string; readonly path: string; readonly nickname: string | null }[]
  /** In the order in which they began. */
  readonly entries: readonly ViewEntry[]
  readonly cells: readonly ViewCell[]
  readonly toolCalls: readonly ViewToolCall[]
  readonly items: readonly ViewItem[]
  readonly edges: readonly {
    readonly id: string
    readonly kind: string
    readonly from: string
    readonly to: string
    readonly at: number
  }[]
  readonly payloads: readonly { readonly id: string; readonly kind: string; readonly path: string }[]
  readonly counts: { readonly events: number; readonly payloads: number }
  /** Messages for the reader about what is missing or cannot be read. */
  readonly problems: readonly string[]
}
