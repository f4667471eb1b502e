/** A request for a snapshot of an evicted cell. */
export type SnapshotRequest = {
  /** The CPU time of the run from which a snapshot is worth it, in milliseconds. */
  readonly minCpuMs: number
  /** Called with the snapshot after `commands` commands, in base64. */
  readonly onSnapshot: (commands: number, body: string) => void
  /** Called when the isolate is gone, with or without a snapshot. */
  readonly onGone?: () => void
}
