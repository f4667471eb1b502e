import { inNextTurn } from '../../platform/turns.ts'
import type { CellNotification, Session } from '../../session/api/session-options.ts'
import { internalsOf, type Notices } from '../../session/session-internals.ts'
import { CellProgress } from './cell-progress.ts'

export type FollowedCellsOptions = {
  /**
   * Pending notifications per cell; the oldest are omitted.
   *
   * @default unlimited in number, 65,536 characters in total
   */
  readonly maxNotifications?: number
}

/** The running cells of a session, each with what it has reported since its last response. */
export class FollowedCells {
  readonly #maxNotifications: number
  readonly #cells = new Map<string, CellProgress>()
  #notices: Notices | null = null

  constructor({ maxNotifications = Infinity }: FollowedCellsOptions = {}) {
    this.#maxNotifications = maxNotifications
  }

  /**
   * Adds the notifications that an earlier process did not deliver, and records those of this one until a response has them. The
   * session can have called `onNotification` before.
   */
  attach(session: Session): void {
    this.#notices = internalsOf(session)?.notices ?? null
    const stored = this.#notices?.read() ?? []
    for (const { cellId, execCallId } of stored) this.getOrAdd(cellId, execCallId)
    const texts = new Map(stored.map((each) => [each.cellId, each.texts]))
    for (const progress of this.#cells.values()) progress.restore(texts.get(progress.cellId) ?? [])
  }

  get(cellId: string): CellProgress | null {
    return this.#cells.get(cellId) ?? null
  }

  /** Returns the progress of a running cell, which an earlier process can have started. */
  getOrAdd(cellId: string, execCallId: string | null): CellProgress {
    return this.get(cellId) ?? this.add(cellId, execCallId)
  }

  add(cellId: string, execCallId: string | null): CellProgress {
    const init = { cellId, execCallId, maxNotifications: this.#maxNotifications }
    const progress = new CellProgress(init, (text) => this.#notices?.record(cellId, text))
    this.#cells.set(cellId, progress)
    return progress
  }

  delete(cellId: string): void {
    this.#cells.delete(cellId)
  }

  /** The session's `onNotification`. */
  readonly onNotification = ({ cellId, execCallId, text }: CellNotification): void => {
    this.getOrAdd(cellId, execCallId).notify(text)
  }

  /** The session's `onCellClosed`. */
  readonly onCellClosed = (cellId: string): void => {
    // The response that reports the end is delivered after this event.
    inNextTurn(() => this.delete(cellId))
  }
}
