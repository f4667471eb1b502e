import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError } from '../../errors.ts'
import { isLeased } from '../../storage/disk/lease.ts'
import { layoutOf, type SessionLayout } from '../../storage/disk/layout.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import { readSession } from '../../storage/reports/read-sessions.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConsoleSource, SourceEntry, StoredLocation } from './console-source.ts'

/** Sessions that are looked at before other work of the process gets its turn. */
const perTurn = 200

/** The journals of a session whose sizes are compared. Only cells that run have one. */
const maxJournals = 500

/** The sessions of a local folder. */
export class FolderSource implements ConsoleSource {
  readonly type = 'folder'
  readonly tenant: null = null
  readonly name: string
  readonly location: StoredLocation
  readonly #folder: string
  /** The sessions that a process had open when they were read. Only their leases can end without a change of a file. */
  readonly #open = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
    this.name = folder
    this.location = { storage: folder }
  }

  async list(): Promise<readonly SourceEntry[]> {
    const entries: SourceEntry[] = []
    for (const [index, id] of this.#names().entries()) {
      if (index % perTurn === perTurn - 1) await nextTurn()
      const stamp = this.#stampOf(id)
      if (stamp !== null) entries.push({ id, stamp })
    }
    return entries
  }

  async read(id: string): Promise<SessionReport> {
    const report = readSession({ storage: this.#folder, sessionId: id })
    if (report.openedBy === null) this.#open.delete(id)
    else this.#open.add(id)
    return report
  }

  async nodes(): Promise<null> {
    return null
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [] : [entry.name]))
    } catch (cause) {
      throw new CodecellError('SESSION_NOT_FOUND', `Cannot read sessions: directory not found: "${this.#folder}"`, {
        cause,
      })
    }
  }

  /** Returns null for a directory that is not a session. */
  #stampOf(id: string): string | null {
    const layout = findLayout(this.#folder, id)
    if (layout === null) return null
    const database = fileStamp(layout.database)
    if (database === '') return null
    const files = [`${layout.database}-wal`, layout.holder, layout.inbox].map((path) => fileStamp(path))
    const lease = this.#open.has(id) ? String(isLeased(layout)) : ''
    return [database, ...files, lease, this.#open.has(id) ? journalStamp(layout) : ''].join(' ')
  }
}

function findLayout(folder: string, id: string): SessionLayout | null {
  try {
    return layoutOf(folder, id)
  } catch {
    // Any directory can be in the folder.
    return null
  }
}

/** Returns the size and the time of a file; empty for none. */
function fileStamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.size}:${stat.mtimeMs}`
}

function journalStamp({ cells }: SessionLayout): string {
  try {
    const names = readdirSync(cells).toSorted().slice(-maxJournals)
    return names.map((name) => `${name}:${statSync(join(cells, name), { throwIfNoEntry: false })?.size ?? 0}`).join(' ')
  } catch {
    return ''
  }
}
