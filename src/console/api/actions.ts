import type { Settlement } from './calls.ts'
import type { ApiError } from './user.ts'

/** `happened` can have the result that the program receives when it still waits: JSON. */
export type SettleRequest = {
  readonly sessionId: string
  readonly key: string
  readonly settlement:
    | { readonly type: 'happened'; readonly result?: string; readonly note?: string }
    | { readonly type: 'did_not_happen'; readonly note?: string }
  readonly requestId: string
}
export type SettleResponse =
  | { readonly type: 'settled' }
  | { readonly type: 'refused'; readonly error: ApiError; readonly first: Settlement | null }

/** The result of a deferred call: JSON, or the message of an error. */
export type ProvideRequest = { readonly sessionId: string; readonly key: string; readonly requestId: string } & (
  | { readonly result: string }
  | { readonly error: string }
)

export type CellRequest = { readonly sessionId: string; readonly cellId: string }
export type TerminateResponse = { readonly type: 'requested' | 'ended' }
export type RevertResponse = {
  readonly calls: readonly {
    readonly callId: string
    readonly key: string
    readonly identifier: string
    readonly type: 'reverted' | 'already_reverted' | 'failed' | 'not_revertible' | 'unknown'
    readonly text: string | null
  }[]
}
