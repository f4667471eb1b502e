import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionLayout } from './layout.ts'
import { sessionInvalid, storageFailed } from './common/storage-error.ts'

/** Whether the session exists with all of its files. */
export type FolderState = 'new' | 'there'

/**
 * Checks that files that belong together exist together. `wasOpen`: the last process did not close the session.
 *
 * @throws {CodecellError} `SESSION_INVALID` when files are missing
 */
export function folderState(layout: SessionLayout, wasOpen: boolean | null): FolderState {
  if (!existsSync(layout.database)) {
    const [journal] = journalsIn(layout)
    if (wasOpen === null && journal === undefined) return 'new'
    throw sessionInvalid(
      layout.database,
      'the database of the session is missing, but other files of it exist; restore it from a backup, or remove the folder',
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

/** The file of the write-ahead log. */
function walOf({ database }: SessionLayout): string {
  return `${database}-wal`
}

/** Returns the non-empty journals of cells, by file name. */
export function journalsIn({ cells }: SessionLayout): readonly string[] {
  if (!existsSync(cells)) return []
  return readdirSync(cells).filter((name) => /^\d+\.jsonl$/.test(name) && sizeOf(join(cells, name)) > 0)
}

/**
 * Creates the directories and the database for their owner only, and removes the permissions of other users from
 * existing files.
 *
 * @throws {CodecellError} `STORAGE_FAILED`
 */
export function makePrivate(layout: SessionLayout): void {
  try {
    mkdirSync(layout.cells, { recursive: true, mode: 0o700 })
    makeFile(layout.database)
    for (const folder of [layout.folder, layout.cells]) restrict(folder, 0o700)
    const { database, lease, holder, snapshotKey } = layout
    for (const file of [database, `${database}-wal`, `${database}-shm`, lease, holder, snapshotKey]) {
      restrict(file, 0o600)
    }
    for (const name of readdirSync(layout.cells)) restrict(join(layout.cells, name), 0o600)
    if (!existsSync(layout.inbox)) return
    restrict(layout.inbox, 0o700)
    for (const name of readdirSync(layout.inbox)) restrict(join(layout.inbox, name), 0o600)
  } catch (cause) {
    throw storageFailed(layout.folder, cause)
  }
}

/**
 * Creates the directory of a session and the file of its lease. Not with `makePrivate`: before the lease is taken,
 * nothing else may be changed.
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
 * Creates an empty database, whose permissions SQLite gives to its other files. An existing one is not opened: closing
 * it would release the locks that this process has on it.
 */
function makeFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
}

function restrict(path: string, mode: number): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  // The permissions of a link are those of its target, which may be any file.
  if (stat === undefined || stat.isSymbolicLink() || process.platform === 'win32') return
  if ((stat.mode & 0o077) !== 0) chmodSync(path, mode)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
