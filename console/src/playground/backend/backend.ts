import type { ContentItem } from '../../../../src/protocol/content-item.ts'

/** A program that teaches one thing. */
export type Example = { readonly title: string; readonly teaches: string; readonly source: string }

/** A location in the program. Lines and columns start at 1. */
export type Location = { readonly line: number; readonly column: number }

/** A group of tools, which the user can take out of the catalogue. */
export type ToolGroup = { readonly id: string; readonly title: string }

/** A tool as the playground shows it. */
export type PlaygroundTool = {
  readonly identifier: string
  readonly group: string
  /** The description as the model reads it, with the declaration. */
  readonly description: string
  /** A result as JSON, which the user can edit; null for a tool whose result cannot be edited. */
  readonly sampleResult: string | null
}

/** The tools that programs can call, and the texts about them. */
export type PlaygroundCatalogue = {
  readonly tools: readonly PlaygroundTool[]
  /** The declarations of all tools and globals, for TypeScript. */
  readonly declarations: string
  /** The description of `exec` as the model reads it, or null when it is unknown. */
  readonly execDescription: string | null
}

/** An event of a run. Times are in milliseconds since the run began. */
export type RunEvent =
  | { readonly type: 'output'; readonly item: ContentItem; readonly location: Location | null }
  | { readonly type: 'notification'; readonly text: string; readonly location: Location | null }
  | {
      readonly type: 'call_started'
      readonly callId: string
      readonly identifier: string
      /** The input as JSON, or empty. */
      readonly input: string
      readonly location: Location | null
      readonly atMs: number
    }
  /** A call waits for a decision by its key. */
  | { readonly type: 'approval_asked'; readonly callId: string; readonly key: string }
  | { readonly type: 'approval_decided'; readonly callId: string }
  | {
      readonly type: 'call_ended'
      readonly callId: string
      readonly result: 'succeeded' | 'failed' | 'cancelled'
      /** The result as JSON, or the error; null when it is unknown. */
      readonly body: string | null
      readonly atMs: number
    }
  /** The location and the result of a call, which some backends know only after the run. Null keeps what is known. */
  | {
      readonly type: 'call_detail'
      readonly callId: string
      readonly location: Location | null
      readonly body: string | null
    }
  /** The program stored a value. */
  | { readonly type: 'stored'; readonly key: string; readonly json: string }
  /** `exec` or `wait` returned this text to the model. */
  | { readonly type: 'response'; readonly tool: 'exec' | 'wait'; readonly items: readonly ContentItem[] }
  /** The program keeps running, and the model can wait for it. `reason` says why it does, or is empty. */
  | { readonly type: 'yielded'; readonly reason: string }
  /** The model waits again. */
  | { readonly type: 'awaited' }
  | {
      readonly type: 'ended'
      readonly ending: 'completed' | 'failed' | 'terminated'
      readonly errorText: string | null
      readonly atMs: number
    }

export type Decision = { readonly type: 'allow' } | { readonly type: 'deny'; readonly reason: string }

export type RunRequest = {
  readonly source: string
  /** The groups whose tools the program can call. */
  readonly groups: readonly string[]
}

/** A program that runs. */
export interface Run {
  /** Waits for more output, as the model does with `wait`. */
  wait(): void
  terminate(): void
  decide(key: string, decision: Decision): void
}

/** Runs programs for the playground: in this page, or on a server. */
export interface Backend {
  readonly groups: readonly ToolGroup[]
  /** Programs for its tools. The first one is in the editor at the beginning. */
  readonly examples: readonly [Example, ...Example[]]
  /** Whether cells have `Intl`. */
  readonly hasIntl: boolean
  /** Whether runs have responses of `exec` and `wait`. */
  readonly hasResponses: boolean
  /** A sentence about where programs run. */
  readonly note: string
  catalogue(groups: readonly string[]): Promise<PlaygroundCatalogue>
  /** Replaces the result of a tool, given as JSON; null restores the tool. Absent when results cannot be edited. */
  readonly setResult?: (identifier: string, json: string | null) => void
  /** Starts a program. After `ended` there are only details of calls. */
  run(request: RunRequest, onEvent: (event: RunEvent) => void): Run
}
