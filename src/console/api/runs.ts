import type { CellOutput } from './cells.ts'
import type { ApiError } from './user.ts'

/** The tools of runs. `declarations` are those of the helpers and all tools, for an editor with TypeScript. */
export type ConsoleCatalogue = {
  readonly tools: readonly {
    readonly identifier: string
    readonly description: string
    /** The declaration of the tool in TypeScript. */
    readonly declaration: string
    readonly isReadOnly: boolean
    readonly isDestructive: boolean
    readonly server: string | null
  }[]
  readonly declarations: string
  /** The description of `exec` as a model reads it. */
  readonly execDescription: string
  /** Servers that do not respond, and why. */
  readonly failures: readonly { readonly name: string; readonly message: string }[]
}

/** A program of the playground. `tools` selects identifiers. Its approvals wait for a decision in the console. */
export type RunRequest = {
  readonly source: string
  /** @default all */
  readonly tools?: readonly string[]
  /** The calls that need a decision. @default 'writes' */
  readonly ask?: 'none' | 'destructive' | 'writes'
}
/** `run` identifies the run. The cell is listed like any other, in a session of the playground. */
export type RunStarted = { readonly run: string; readonly sessionId: string; readonly cellId: string }
export type RunReference = { readonly run: string }

/** The events of a run, from its beginning, whenever the stream is opened. `ended` is the last. */
export type RunEvent =
  | { readonly type: 'output'; readonly items: readonly CellOutput[] }
  | {
      readonly type: 'call_started'
      readonly callId: string
      readonly identifier: string
      readonly input: string
      readonly at: number
    }
  | {
      readonly type: 'call_ended'
      readonly callId: string
      readonly identifier: string
      readonly result: 'succeeded' | 'failed' | 'cancelled'
      readonly errorText: string | null
      readonly at: number
    }
  | { readonly type: 'call_deferred'; readonly callId: string; readonly key: string; readonly identifier: string }
  /** A call waits for a decision. */
  | { readonly type: 'approval_asked'; readonly callId: string; readonly identifier: string }
  | { readonly type: 'waiting'; readonly isStalled: boolean; readonly waitsForHost: string | null }
  | {
      readonly type: 'ended'
      readonly ending: 'completed' | 'failed' | 'terminated'
      readonly errorText: string | null
      readonly remarks: readonly string[]
      readonly durationMs: number
    }
  /** The run was not recorded further, for this reason. */
  | { readonly type: 'lost'; readonly error: ApiError }
