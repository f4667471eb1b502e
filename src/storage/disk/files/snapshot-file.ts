import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import type { SnapshotSlot } from '../../snapshot-slot.ts'
import { storageFailed } from '../common/storage-error.ts'

const keyBytes = 32
/** Larger files are not snapshots of this version. */
const maxFileBytes = 32 * 1024 * 1024
const suffix = '.snapshot'
const unfinishedSuffix = '.new'

/** Returns the cell of a file in the folder of cells that is a snapshot, finished or not; null for another file. */
export function snapshotCellOf(name: string): { readonly cellId: string; readonly isFinished: boolean } | null {
  const [, cellId, unfinished] = /^(\d+)\.snapshot(\.new)?$/.exec(name) ?? []
  return cellId === undefined ? null : { cellId, isFinished: unfinished === undefined }
}

/** The file with the key that seals the snapshots of a session. */
export class SnapshotKeyFile {
  readonly #path: string
  #key: Uint8Array | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** Returns the key, which is created when the file has none. Snapshots with another key are not used. */
  get(): Uint8Array {
    this.#key ??= this.read() ?? this.replace(randomBytes(keyBytes))
    return this.#key
  }

  /** Returns the key in the file; null for none. */
  read(): Uint8Array | null {
    const content = contentOf(this.#path)
    return content?.length === keyBytes ? content : null
  }

  replace(key: Uint8Array): Uint8Array {
    replaceFile(this.#path, key, true)
    return key
  }
}

export type SnapshotFileOptions = {
  readonly key: SnapshotKeyFile
  readonly fsync: boolean
  /** Called before a change. Throws when this process must not change files. */
  readonly checkOwner: () => void
  /** Writes the journal of the cell. */
  readonly flush: () => void
}

/** The snapshot of one cell in a file next to its journal. A file is replaced as a whole. */
export class SnapshotFile implements SnapshotSlot {
  readonly #path: string
  readonly #options: SnapshotFileOptions

  /** `journal` is the path of the journal of the cell. */
  constructor(journal: string, options: SnapshotFileOptions) {
    this.#path = `${journal.slice(0, -basename(journal).length)}${basename(journal, '.jsonl')}${suffix}`
    this.#options = options
  }

  key(): Uint8Array {
    return this.#options.key.get()
  }

  write(sealed: Buffer): boolean {
    const { fsync, checkOwner, flush } = this.#options
    checkOwner()
    flush()
    replaceFile(this.#path, sealed, fsync)
    return true
  }

  read(): Buffer | null {
    return contentOf(this.#path)
  }

  remove(): void {
    try {
      this.#options.checkOwner()
      rmSync(this.#path, { force: true })
    } catch {
      // The next process that opens the session removes the snapshots of ended cells.
    }
  }
}

/** Returns the content of a file; null without one. */
function contentOf(path: string): Buffer | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return null
    if (stat.size > maxFileBytes) throw new TypeError(`expected at most ${maxFileBytes} bytes, got ${stat.size}`)
    return readFileSync(path)
  } catch (cause) {
    throw storageFailed(path, cause)
  }
}

/** Writes another file, and moves it over the earlier one, so that a crash leaves one of both. */
function replaceFile(path: string, content: Uint8Array, isSynced: boolean): void {
  const unfinished = `${path}${unfinishedSuffix}`
  try {
    const descriptor = openSync(unfinished, 'w', 0o600)
    try {
      for (let from = 0; from < content.length;) from += writeSync(descriptor, content, from)
      if (isSynced) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(unfinished, path)
  } catch (cause) {
    rmSync(unfinished, { force: true })
    throw storageFailed(path, cause)
  }
}
