import type { CellItem, SessionItem } from '../api.ts'
import type { IndexedSession } from './indexed-session.ts'

/** Maximum number of sessions, and of cells, that one event lists. */
const maxListed = 200

/** The changes between two looks at the sessions. */
export type IndexChange = {
  readonly sessions: readonly SessionItem[]
  readonly removedSessions: readonly string[]
  readonly cells: readonly CellItem[]
  readonly more: { readonly sessions: boolean; readonly cells: boolean }
  readonly approvals: boolean
  readonly calls: boolean
}

/** Collects the changes of sessions. */
export class IndexDifference {
  readonly #sessions: SessionItem[] = []
  readonly #removed: string[] = []
  readonly #cells: CellItem[] = []
  #hasMoreSessions = false
  #hasMoreCells = false
  #approvals = false
  #calls = false

  get isEmpty(): boolean {
    return (
      this.#sessions.length === 0 && this.#removed.length === 0 && !this.#hasMoreSessions && this.#cells.length === 0
    )
  }

  add(before: IndexedSession | null, after: IndexedSession): void {
    if (!isSame(before?.item, after.item)) {
      if (this.#sessions.length < maxListed) this.#sessions.push(after.item)
      else this.#hasMoreSessions = true
    }
    this.#addCells(before?.cells ?? [], after.cells)
    this.#approvals ||=
      !isSame(before?.pending ?? [], after.pending) || (before?.decisions.length ?? 0) !== after.decisions.length
    this.#calls ||= !isSame(before?.calls ?? [], after.calls)
  }

  remove(id: string): void {
    this.#approvals = true
    this.#calls = true
    this.#hasMoreCells = true
    if (this.#removed.length < maxListed) this.#removed.push(id)
    else this.#hasMoreSessions = true
  }

  change(): IndexChange {
    return {
      sessions: this.#sessions,
      removedSessions: this.#removed,
      cells: this.#cells,
      more: { sessions: this.#hasMoreSessions, cells: this.#hasMoreCells },
      approvals: this.#approvals,
      calls: this.#calls,
    }
  }

  #addCells(before: readonly CellItem[], after: readonly CellItem[]): void {
    const known = new Map(before.map((cell) => [cell.cellId, cell]))
    for (const cell of after) {
      if (isSame(known.get(cell.cellId), cell)) continue
      if (this.#cells.length >= maxListed) {
        this.#hasMoreCells = true
        return
      }
      this.#cells.push(cell)
    }
  }
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
