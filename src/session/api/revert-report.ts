/** What came of undoing one call. `text` says why it did not. */
export type RevertEntry = {
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  readonly key: string
  readonly identifier: string
  readonly type:
    | 'reverted'
    /** It was undone by an earlier `revert`. */
    | 'already_reverted'
    /** The tool says that it did not undo it; the next `revert` asks again. */
    | 'failed'
    /** Its tool cannot undo calls, or is no longer available, or what it would need was not kept. */
    | 'not_revertible'
    /** Nobody knows whether the call was applied, or whether it was undone: it is not undone blindly. */
    | 'unknown'
  readonly text: string | null
}

/** The calls of a cell that had, or may have had, an effect, in the order in which they were undone: the last one first. */
export type RevertReport = { readonly cellId: string; readonly calls: readonly RevertEntry[] }
