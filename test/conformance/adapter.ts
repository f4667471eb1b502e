import type { ToolSpec } from './case.ts'

/** One nested tool call as its tool receives it. `name` is the raw name, not the identifier. */
export type AdapterToolCall = {
  readonly cellId: string
  readonly runtimeId: string
  readonly name: string
  readonly namespace: string | null
  readonly kind: 'function' | 'freeform'
  readonly input: unknown
  readonly signal: AbortSignal
}

type AdapterNotification = { readonly cellId: string; readonly text: string; readonly signal: AbortSignal }

export type SessionRequest = {
  readonly tools: readonly ToolSpec[]
  readonly maxYieldMs: number | undefined
  /** No tool is declared in the description. */
  readonly deferAll: boolean
  /** The session truncates its output to the budget and adds the error item (CM-L30 to CM-L34). */
  readonly boundedOutput: boolean
  /** A rejection is a failure of the tool; its message is the string that the cell receives. */
  readonly onToolCall: (call: AdapterToolCall) => Promise<unknown>
  readonly onNotify: (notification: AdapterNotification) => Promise<void>
  readonly onClosed: (cellId: string) => void
}

/** A response of a cell. A refused operation rejects with the text of the refusal. */
export type CellResponse = {
  readonly outcome: 'result' | 'yielded' | 'terminated' | 'missing'
  readonly cell: string
  readonly items: readonly unknown[]
  readonly error: string | null
}

export type CellOptions = {
  readonly yieldMs: number | undefined
  readonly maxTokens: number | undefined
  /** Aborted when the caller disconnects. */
  readonly signal: AbortSignal
  /** Aborted when the caller requests the output so far. */
  readonly preempt: AbortSignal
}

export interface AdapterSession {
  execute(source: string, options: CellOptions & { readonly callId: string | undefined }): Promise<CellResponse>
  wait(cell: string, options: CellOptions): Promise<CellResponse>
  terminate(cell: string, options: { readonly maxTokens: number | undefined }): Promise<CellResponse>
  shutdown(): Promise<void>
}

type ModelResponse = {
  readonly items: readonly unknown[]
  readonly success: boolean
  /** Notifications of this call, as items of the conversation. */
  readonly injected: readonly unknown[]
}

/** The `exec` and `wait` of a model. Refused input is a rejection. */
export interface AdapterModel {
  exec(input: unknown, callId: string | undefined): Promise<ModelResponse>
  wait(input: unknown): Promise<ModelResponse>
  close(): Promise<void>
}

export type ParsedExec = { readonly code: string; readonly yieldMs: number | null; readonly maxTokens: number | null }

/** An implementation of code mode, as the cases use it. */
export interface Adapter extends AsyncDisposable {
  /** Capabilities that cases may need, by the names of `docs/conformance.md`. */
  readonly provides: ReadonlySet<string>
  openSession(request: SessionRequest): Promise<AdapterSession>
  openModel(request: SessionRequest): Promise<AdapterModel>
  /** Throws for refused input. */
  parseExec(input: unknown): ParsedExec
  /** Plain functions of the implementation, by name; they may return a promise. */
  readonly functions: ReadonlyMap<string, (...args: readonly unknown[]) => unknown>
}
