/** The limits of one run. */
export type RunLimits = {
  /** Requests to the model. */
  readonly maxTurns: number
  /** Tokens of input and output of all requests. */
  readonly maxTokens: number
  /** Seconds, without the waits that the endpoint demands. */
  readonly maxSeconds: number
}

/** An expectation of the final answer. Exactly one form applies. */
export type AnswerCheck = {
  readonly type: 'answer'
  readonly expected:
    | { readonly form: 'oneOf'; readonly texts: readonly string[] }
    | { readonly form: 'contains'; readonly texts: readonly string[] }
    | { readonly form: 'matches'; readonly pattern: RegExp }
    | { readonly form: 'number'; readonly number: number; readonly within: number }
    | { readonly form: 'list' | 'set'; readonly texts: readonly string[] }
}

/** An expectation of a file in the folder of the run. */
export type FileCheck = {
  readonly type: 'file'
  readonly path: string
  readonly expected:
    | { readonly form: 'exists'; readonly exists: boolean }
    | { readonly form: 'equals'; readonly text: string }
    | { readonly form: 'contains'; readonly texts: readonly string[] }
    | { readonly form: 'matches'; readonly pattern: RegExp }
    | { readonly form: 'json'; readonly json: unknown }
}

/** An expectation of all files below a folder. */
export type FilesCheck = { readonly type: 'files'; readonly path: string; readonly names: readonly string[] }

/** An expectation of the rows of a query. */
export type RowsCheck = {
  readonly type: 'rows'
  readonly database: string
  readonly sql: string
  readonly equals: readonly (readonly unknown[])[]
}

/** An expectation of the calls of a tool. */
export type CallsCheck = {
  readonly type: 'calls'
  /** `server/tool`, with `*`. */
  readonly tool: string
  readonly min: number
  readonly max: number
  /** Members that the input of a counted call has. */
  readonly where: unknown
  /** Counts only calls that succeeded, or failed. */
  readonly succeeded: boolean | null
}

/** A module of the user that checks the end of a run. */
export type ProgramCheck = { readonly type: 'program'; readonly module: string }

export type Check = AnswerCheck | FileCheck | FilesCheck | RowsCheck | CallsCheck | ProgramCheck

/** A task for a model. */
export type Task = {
  readonly id: string
  readonly prompt: string
  readonly tags: readonly string[]
  /** Names of servers in the configuration of the folder. */
  readonly servers: readonly string[]
  /** The folder that is copied for each run, null without one. */
  readonly fixtures: string | null
  readonly limits: Partial<RunLimits>
  readonly checks: readonly Check[]
}

/** The tasks of a folder, with the configuration of their servers. */
export type TaskSet = {
  readonly folder: string
  /** The file with the MCP servers, null if no task has a server. */
  readonly config: string | null
  readonly tasks: readonly Task[]
}
