import { CodecellError } from '../../errors.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { SessionServices } from '../session-services.ts'
import { sessionClosed } from '../cell/cell-outcomes.ts'
import type { RevertReport } from '../api/revert-report.ts'
import { revertCalls } from './revert-calls.ts'

/** The parts of a session that reverting needs. */
export type RevertedSession = {
  /** Returns the current tools of the session. */
  readonly catalogue: () => Catalogue
  /** Returns null for an unknown cell. */
  readonly stateOf: (cellId: string) => 'running' | 'over' | null
}

/** Undoing the calls of cells: of each cell one undoing at a time. */
export class Reverts {
  readonly #services: SessionServices
  readonly #session: RevertedSession
  readonly #running = new Map<string, Promise<RevertReport>>()
  readonly #closing = new AbortController()

  constructor(services: SessionServices, session: RevertedSession) {
    this.#services = services
    this.#session = session
  }

  /** Reverts a cell. Callers during the revert get the same report. */
  revert(cellId: string): Promise<RevertReport> {
    const running = this.#running.get(cellId) ?? this.#revert(cellId).finally(() => this.#running.delete(cellId))
    this.#running.set(cellId, running)
    return running
  }

  /** Gives up what is under way, and waits until that is on record. */
  async close(): Promise<void> {
    this.#closing.abort(sessionClosed())
    await Promise.allSettled(this.#running.values())
  }

  async #revert(cellId: string): Promise<RevertReport> {
    const { store, feed, limits } = this.#services
    const state = this.#session.stateOf(cellId)
    if (state === 'running') {
      const text = `Cannot undo the calls of cell ${cellId}: it is running; terminate it first`
      throw new CodecellError('CELL_RUNNING', text, { details: { cellId } })
    }
    const ledger = store.ledgerOf(cellId)
    if (ledger === null && (store.isDurable || state === null)) {
      const text = `Cannot undo the calls of cell ${cellId}: nothing is on record of it`
      throw new CodecellError('CELL_NOT_FOUND', text, { details: { cellId } })
    }
    if (ledger === null) return { cellId, calls: [] }
    const calls = await revertCalls({
      ledger,
      catalogue: this.#session.catalogue(),
      timeoutMs: limits.toolTimeoutMs,
      signal: this.#closing.signal,
      onReverted: (entry) => feed?.emit({ ...entry, type: 'call_reverted', cellId, result: entry.type }),
    })
    return { cellId, calls }
  }
}
