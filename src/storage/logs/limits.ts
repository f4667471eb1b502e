/** The limits of a shared store. `docs/shared-store.md` lists them. */

/** Bytes of the JSON of the records of one `append`. */
export const maxBatchBytes: number = 4 * 1024 * 1024
/** Bytes of a blob. */
export const maxBlobBytes: number = 64 * 1024 * 1024
/** Bytes of one stored part of a blob or a snapshot. */
export const maxPartBytes: number = 1024 * 1024
/** Bytes of the log behind the last snapshot. */
export const maxLogBytes: number = 16 * 1024 * 1024
/** Entries in the inbox of a session that no record has applied. */
export const maxInboxEntries = 1000
/** Sessions that one node has open. */
export const maxOpenSessions = 10_000
