/** A nested tool of a case: its description for the session, and its behavior. */
export type ToolSpec = {
  readonly name: string
  readonly namespace: string | null
  readonly kind: 'function' | 'freeform'
  readonly description: string | undefined
  readonly inputSchema: unknown
  readonly outputSchema: unknown
  readonly behaviour: Behaviour
}

export type Behaviour =
  | { readonly type: 'standard'; readonly name: string }
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'error'; readonly text: string }

export type CaseSession = {
  readonly maxYieldMs: number | undefined
  readonly boundedOutput: boolean
  readonly noDelegate: boolean
  readonly deferAll: boolean
}

/** The delivery of notifications: after a pause, never, or with a rejection. */
export type NotifyMode =
  | { readonly type: 'deliver'; readonly delayMs: number }
  | { readonly type: 'fail' }
  | { readonly type: 'hang' }

/** Members of every operation on a cell. `as` starts it without waiting for its outcome. */
type Operation = { readonly session: string; readonly as: string | undefined; readonly timeoutMs: number }

export type CellStep = Operation &
  (
    | {
        readonly do: 'exec'
        readonly source: string
        readonly yieldMs: number | undefined
        readonly maxTokens: number | undefined
        readonly callId: string | undefined
      }
    | {
        readonly do: 'wait'
        readonly cell: string
        readonly yieldMs: number | undefined
        readonly maxTokens: number | undefined
      }
    | { readonly do: 'terminate'; readonly cell: string; readonly maxTokens: number | undefined }
  )

export type Step =
  | CellStep
  | { readonly do: 'shutdown' | 'openSession'; readonly session: string }
  | { readonly do: 'join'; readonly ref: string }
  | { readonly do: 'cancel' | 'preempt'; readonly ref: string }
  | { readonly do: 'openGate'; readonly session: string; readonly key: string; readonly value: unknown }
  | { readonly do: 'awaitCalls' | 'awaitNotifications'; readonly session: string; readonly count: number }
  | { readonly do: 'sleep'; readonly ms: number; readonly jitterMs: number }
  | { readonly do: 'check'; readonly session: string; readonly settleMs: number }
  | { readonly do: 'parse'; readonly input: unknown }
  | { readonly do: 'modelExec'; readonly input: unknown; readonly callId: string | undefined }
  | { readonly do: 'modelWait'; readonly arguments: unknown }
  | { readonly do: 'call'; readonly fn: string; readonly args: readonly unknown[] }

export const expectationFields = [
  'outcome',
  'items',
  'error',
  'message',
  'cell',
  'minMs',
  'maxMs',
  'value',
  'throws',
  'code',
  'yieldMs',
  'maxTokens',
  'failure',
  'success',
  'injected',
  'calls',
  'notifications',
  'closed',
  'cancelled',
  'events',
  'cancelledBefore',
] as const

export type ExpectationField = (typeof expectationFields)[number]

/** The required result of a step, by field; null requires nothing. */
export type Expectation = ReadonlyMap<ExpectationField, unknown> | null

/** The result of the reference: `defect` means that it fails the case, which states the intended behavior. */
type ReferenceStatus = 'pass' | 'defect' | 'not-runnable'

/** A conformance case; `docs/conformance.md` describes the fields. */
export type ConformanceCase = {
  readonly id: string
  readonly title: string
  readonly level: 'P' | 'S' | 'H' | 'M'
  readonly needs: readonly string[]
  readonly tools: readonly ToolSpec[]
  readonly session: CaseSession
  readonly notify: NotifyMode
  readonly steps: readonly Step[]
  /** Lists as long as `steps`; one of them must match as a whole. */
  readonly variants: readonly (readonly Expectation[])[]
  readonly rounds: number
  readonly slow: boolean
  readonly reference: { readonly status: ReferenceStatus; readonly via: string; readonly note: string | undefined }
}
