import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionLayout } from './layout.ts'
import { sessionInvalid, storageFailed } from './storage-error.ts'

/** Whether the session is there, and all of its files with it. */
export type FolderState = 'new' | 'there'

/**
 * Looks whether files that belong together are there together. `wasOpen`: the process that had the session last did not close it.
 *
 * @throws {CodecellError} `SESSION_INVALID` when some are missing
 */
export function folderState(layout: SessionLayout, wasOpen: boolean | null): FolderState {
  if (!existsSync(layout.database)) {
    const [journal] = journalsIn(layout)
    if (wasOpen === null && journal === undefined) return 'new'
    throw sessionInvalid(
      layout.database,
      'the database of the session is missing, and other files of it are there; restore it from a backup, or remove the folder',
    )
  }
  if (wasOpen === true && sizeOf(walOf(layout)) === 0) {
    throw sessionInvalid(
      walOf(layout),
      'the write-ahead log is missing or empty, and with it the last records of the session; restore it from a backup (if another program has merged it into the database, remove lease.json)',
    )
  }
  return 'there'
}

/** Where SQLite keeps what is not in the database yet. */
function walOf({ database }: SessionLayout): string {
  return `${database}-wal`
}

/** Journals of cells that hold something, by file name. */
export function journalsIn({ cells }: SessionLayout): readonly string[] {
  if (!existsSync(cells)) return []
  return readdirSync(cells).filter((name) => /^\d+\.jsonl$/.test(name) && sizeOf(join(cells, name)) > 0)
}

/**
 * Makes the folders and the database, for their owner alone, and takes the rights of others away from what was there before.
 *
 * @throws {CodecellError} `STORAGE_FAILED`
 */
export function makePrivate(layout: SessionLayout): void {
  try {
    mkdirSync(layout.cells, { recursive: true, mode: 0o700 })
    makeFile(layout.database)
    for (const folder of [layout.folder, layout.cells]) restrict(folder, 0o700)
    const { database, lease, holder } = layout
    for (const file of [database, `${database}-wal`, `${database}-shm`, lease, holder]) restrict(file, 0o600)
    for (const name of readdirSync(layout.cells)) restrict(join(layout.cells, name), 0o600)
  } catch (cause) {
    throw storageFailed(layout.folder, cause)
  }
}

/**
 * Makes the folder of a session and the file of its lease. Not with `makePrivate`: until the lease is taken, nothing else may be
 * touched.
 *
 * @throws {CodecellError} `STORAGE_FAILED`
 */
export function makeLeaseFile({ folder, lease }: SessionLayout): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    makeFile(lease)
    restrict(lease, 0o600)
  } catch (cause) {
    throw storageFailed(folder, cause)
  }
}

/**
 * Makes an empty database, which gives its rights to the other files that SQLite makes. One that is there is not opened: closing
 * it would give away the locks that this process has on it.
 */
function makeFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
}

function restrict(path: string, mode: number): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  // Rights of a link are those of what it points to, which may be anything.
  if (stat === undefined || stat.isSymbolicLink() || process.platform === 'win32') return
  if ((stat.mode & 0o077) !== 0) chmodSync(path, mode)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
