import type { CellStatus, ExecutionStatus, RolloutStatus } from '../format/raw-event.ts'

/** A text of which only the beginning is here; `length` is that of the whole, in characters. */
export type ViewText = { readonly text: string; readonly length: number }

/** From when to when, in milliseconds since 1970; `end` is null for what never ended. */
export type ViewSpan = { readonly start: number; readonly end: number | null }

/** A place in the source of a cell where something happened; `line` counts from 1. */
export type ViewMark = {
  readonly line: number
  readonly kind: 'call' | 'output' | 'notify' | 'yield' | 'store' | 'error'
  /** Index into `happenings`, or into the cell's `nestedCallIds` for a call; -1 for what is not on record by itself. */
  readonly index: number
  /** False: read off the source by name and order, since the recorder did not say. */
  readonly isCertain: boolean
}

/** Something of a cell that is no nested call, when it happened. */
export type ViewHappening = {
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

export type ViewCell = {
  /** The id in the trace state. */
  readonly id: string
  /** What `wait` calls it. */
  readonly cellId: string
  readonly threadId: string
  readonly turnId: string | null
  readonly callId: string
  readonly status: CellStatus
  readonly span: ViewSpan
  /** When a response said that the cell goes on. */
  readonly yields: readonly number[]
  readonly source: string
  readonly nestedCallIds: readonly string[]
  readonly waitCallIds: readonly string[]
  readonly marks: readonly ViewMark[]
  /** In order; empty for bundles without records of cells. */
  readonly happenings: readonly ViewHappening[]
  readonly errorText: ViewText | null
  /** What the model was sent, response by response: that of `exec`, then those of its waits. */
  readonly modelSaw: readonly { readonly at: number | null; readonly callId: string; readonly text: ViewText }[]
  /** Everything that the cell printed, whether a model saw it or not; null where nothing recorded it. */
  readonly printed: ViewText | null
  readonly hasRecord: boolean
}

export type ViewToolCall = {
  readonly id: string
  readonly threadId: string
  /** The cell that made the call, null for one of the model. */
  readonly cell: string | null
  /** `tool-1`, … within the cell. */
  readonly runtimeId: string | null
  readonly name: string
  readonly kind: string
  readonly span: ViewSpan
  readonly status: ExecutionStatus
  readonly line: number | null
  readonly input: ViewText | null
  readonly output: ViewText | null
  readonly errorText: ViewText | null
  readonly payloads: readonly string[]
}

export type ViewInference = {
  readonly id: string
  readonly threadId: string
  readonly turnId: string
  readonly model: string
  readonly provider: string
  readonly span: ViewSpan
  readonly status: ExecutionStatus
  readonly usage: {
    readonly input: number
    readonly cached: number
    readonly output: number
    readonly reasoning: number
  } | null
  readonly payloads: readonly string[]
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

/** What the page shows of a bundle: all numbers and names, and the beginnings of long texts. Payloads come on demand. */
export type ViewData = {
  readonly format: 1
  readonly traceId: string
  readonly rolloutId: string
  readonly status: RolloutStatus
  readonly span: ViewSpan
  /** The recorder came to its end; false for a log that was cut, or is still being written. */
  readonly isComplete: boolean
  readonly threads: readonly { readonly id: string; readonly path: string; readonly nickname: string | null }[]
  readonly turns: readonly {
    readonly id: string
    readonly threadId: string
    readonly span: ViewSpan
    readonly status: ExecutionStatus
  }[]
  readonly inferences: readonly ViewInference[]
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
  /** Why there is nothing, or not all: in words for the reader. */
  readonly problems: readonly string[]
}
