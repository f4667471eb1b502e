/** The place of a store for the snapshot of one cell. A store can lose a snapshot: then the journal is replayed. */
export interface SnapshotSlot {
  /**
   * Returns the key of the session, which is created when it is first needed.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
   */
  key(): Uint8Array
  /**
   * Replaces the snapshot by a sealed one, after the journal up to it. Returns false when it is too large.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`; then the earlier one is as it was
   */
  write(sealed: Buffer): boolean
  /**
   * Returns the sealed snapshot, which can have been changed; null for none.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  read(): Buffer | null
  /** Removes the snapshot. Never throws. */
  remove(): void
}
