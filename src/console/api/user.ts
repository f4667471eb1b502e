/** `read`: everything that is shown. `approve`: decisions, settlements, terminations, reverts and runs. */
export type ConsoleScope = 'read' | 'approve'

export type ApiError = {
  /** A code of `docs/errors.md`, or `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `BAD_REQUEST`, `TOO_MANY_REQUESTS`, `READ_ONLY`. */
  readonly code: string
  readonly message: string
  /** The next step, such as a command; null without one. */
  readonly advice: string | null
}

export type ErrorBody = { readonly error: ApiError }

export type Done = { readonly type: 'done' }

/** `name` is the name that the user claims, for the record of decisions. A token of the server can have a name of its own. */
export type LoginRequest = { readonly token: string; readonly name?: string }

/** The user of this page, and the abilities of the console. */
export type Me = {
  readonly name: string
  /** Whether the user typed the name, so that nothing proves it. Decisions record it as a claim. */
  readonly isClaimed: boolean
  readonly scopes: readonly ConsoleScope[]
  /** The tenant of the sessions; null for a folder, and for sessions in memory. */
  readonly tenant: string | null
  /** A name of the source of the sessions, such as a path; without credentials. */
  readonly source: string
  readonly sourceType: 'folder' | 'store' | 'process'
  /** The version of codecell. */
  readonly version: string
  /** Each is null when it is possible, otherwise the reason for which it is not, with the next step. */
  readonly unavailable: {
    readonly act: string | null
    readonly revert: string | null
    readonly run: string | null
    readonly traces: string | null
    readonly nodes: string | null
  }
}
