import { existsSync } from 'node:fs'
import { CodecellError, messageOf } from '../../errors.ts'
import { sessionInvalid } from '../disk/common/storage-error.ts'
import { SessionDatabase } from '../disk/database/database.ts'
import { openDatabase } from '../disk/database/sqlite.ts'
import { storedMove } from '../disk/database/stored-move.ts'
import { layoutOf, type SessionLayout } from '../disk/layout.ts'
import { Lease, wasLeftOpen } from '../disk/lease.ts'
import { folderState, makeLeaseFile, makePrivate } from '../disk/session-folder.ts'
import type { SessionMove } from '../session-move.ts'

/** Options of opening a folder. */
export type FolderOpening = {
  readonly root: string
  readonly id: string
  /** Whether the session must exist. */
  readonly mustExist: boolean
  /** The epoch of this opening is above this one. */
  readonly minEpoch: number
}

/**
 * Returns the last move of a session in a folder, which another process can have open; null when it was never moved or does not exist.
 *
 * @throws {CodecellError} `SESSION_INVALID`
 */
export function moveInFolder({ root, id }: Pick<FolderOpening, 'root' | 'id'>): SessionMove | null {
  const { database: path } = layoutOf(root, id)
  if (!existsSync(path)) return null
  try {
    using database = openDatabase(path, { readOnly: true, timeout: 5000 })
    return storedMove(path, { get: (sql) => database.prepare(sql).get() })
  } catch (cause) {
    if (cause instanceof CodecellError) throw cause
    throw sessionInvalid(path, `the database cannot be read (${messageOf(cause)})`, cause)
  }
}

/** The folder of a session that this process has open to move the session. Commits survive power loss. */
export class OpenFolder {
  readonly id: string
  readonly layout: SessionLayout
  readonly database: SessionDatabase
  readonly #lease: Lease

  private constructor(id: string, layout: SessionLayout, lease: Lease, database: SessionDatabase) {
    this.id = id
    this.layout = layout
    this.database = database
    this.#lease = lease
  }

  /**
   * Opens or creates the folder of a session, wherever the session is.
   *
   * @throws {CodecellError} `INVALID_OPTION`, `SESSION_IN_USE`, `SESSION_INVALID`, `SESSION_NOT_FOUND`, `STORAGE_FAILED`
   */
  static open({ root, id, mustExist, minEpoch }: FolderOpening): OpenFolder {
    const layout = layoutOf(root, id)
    const notFound = (): CodecellError =>
      new CodecellError('SESSION_NOT_FOUND', `Cannot find session "${id}": not found in "${root}"`)
    if (mustExist && !existsSync(layout.folder)) throw notFound()
    makeLeaseFile(layout)
    const lease = Lease.take(layout)
    try {
      const isNew = folderState(layout, wasLeftOpen(layout)) === 'new'
      if (isNew && mustExist) throw notFound()
      makePrivate(layout)
      const database = SessionDatabase.open(layout.database, { fsync: true, isNew, moving: { minEpoch } })
      lease.recordHolder(true)
      return new OpenFolder(id, layout, lease, database)
    } catch (error) {
      lease.release()
      throw error
    }
  }

  /** The last move of the session; null when it was never moved. */
  get move(): SessionMove | null {
    const { database } = this
    return storedMove(database.path, { get: (sql) => database.one(sql) })
  }

  /**
   * Records a move, unless another opening has taken the folder over.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
   */
  recordMove({ lineage, move, count, state, other }: SessionMove): void {
    const { database } = this
    database.transaction(() => {
      database.run('DELETE FROM moves')
      database.run(
        'INSERT INTO moves (lineage, move, count, state, other) VALUES (?, ?, ?, ?, ?)',
        lineage,
        move,
        count,
        state,
        other,
      )
    })
  }

  close(): void {
    this.database.close({ isLogHeld: !this.#noteClosed() })
    this.#lease.release()
  }

  #noteClosed(): boolean {
    try {
      this.database.checkOwner()
      this.#lease.recordHolder(false)
      return true
    } catch {
      return false
    }
  }
}
