/** A snapshot that is kept until it is removed. */
export type KeptSnapshot = never

/** Keeps no snapshots: every cell is replayed. */
export class SnapshotKeeper {
  keep(): null {
    return null
  }

  open(): never {
    throw new Error('Cannot open a snapshot: this platform keeps none')
  }

  remove(): void {}
}
