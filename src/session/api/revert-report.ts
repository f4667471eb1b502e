/** The result of reverting one call. */
export type RevertEntry = {
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  readonly key: string
  readonly identifier: string
  readonly type:
    | 'reverted'
    /** An earlier `revert` reverted it. */
    | 'already_reverted'
    /** The tool did not revert it. The next `revert` tries again. */
    | 'failed'
    /** Its tool cannot revert calls, or does not exist, or the data for it was not stored. */
    | 'not_revertible'
    /** It is unknown whether the call was applied or reverted, so it is not reverted. */
    | 'unknown'
  /** Why the call was not reverted; null when it was. */
  readonly text: string | null
}

/** The calls of a cell that had, or may have had, an effect, in the order of reverting: the last one first. */
export type RevertReport = { readonly cellId: string; readonly calls: readonly RevertEntry[] }
