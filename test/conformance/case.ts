/** A nested tool of a case: what the session is told about it, and what it does when it is called. */
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

/** How notifications are taken: after a pause, not at all, or without ever coming back. */
export type NotifyMode =
  | { readonly type: 'deliver'; readonly delayMs: number }
  | { readonly type: 'fail' }
  | { readonly type: 'hang' }

/** What every operation on a cell may carry. `as` starts it without waiting for its outcome. */
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

/** What a step must bring, by field; null demands nothing. */
export type Expectation = ReadonlyMap<ExpectationField, unknown> | null

/** What is known about the reference: `defect` means that it fails the case and that the case states what is wanted. */
type ReferenceStatus = 'pass' | 'defect' | 'not-runnable'

/** One conformance case; `docs/conformance.md` says what the fields mean. */
export type ConformanceCase = {
  readonly id: string
  readonly title: string
  readonly level: 'P' | 'S' | 'H' | 'M'
  readonly needs: readonly string[]
  readonly tools: readonly ToolSpec[]
  readonly session: CaseSession
  readonly notify: NotifyMode
  readonly steps: readonly Step[]
  /** Lists as long as `steps`; one of them has to fit as a whole. */
  readonly variants: readonly (readonly Expectation[])[]
  readonly rounds: number
  readonly slow: boolean
  readonly reference: { readonly status: ReferenceStatus; readonly via: string; readonly note: string | undefined }
}
