/** The result of reverting one call. */
export type RevertEntry = {
  /** The number of the call within the cell: `tool-1`, `tool-2`, … */
  readonly callId: string
  /** The key of the call, the same after a restart. */
  readonly key: string
  readonly identifier: string
  readonly type:
    | 'reverted'
    /** An earlier `revert` reverted it. */
    | 'already_reverted'
    /** The tool failed to revert it. The next `revert` retries. */
    | 'failed'
    /** The tool cannot revert calls or does not exist, or its revert data was not stored. */
    | 'not_revertible'
    /** It is unknown whether the call took effect or was reverted, so it is left unchanged. */
    | 'unknown'
  /** The reason why the call was not reverted; null when it was. */
  readonly text: string | null
}

/** The results for all calls of a cell that had or may have had an effect, last call first. */
export type RevertReport = { readonly cellId: string; readonly calls: readonly RevertEntry[] }
