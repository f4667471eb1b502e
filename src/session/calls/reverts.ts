import { CodecellError } from '../../errors.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { SessionServices } from '../services/session-services.ts'
import { sessionClosed } from '../output/cell-outcomes.ts'
import type { RevertReport } from '../api/revert-report.ts'
import { revertCalls } from './revert-calls.ts'

/** The parts of a session that a revert needs. */
export type RevertedSession = {
  /** Returns the current tools of the session. */
  readonly catalogue: () => Catalogue
  /** Returns null for an unknown cell. */
  readonly stateOf: (cellId: string) => 'running' | 'ended' | null
}

/** The reverts of a session. Each cell has at most one at a time. */
export class Reverts {
  readonly #services: SessionServices
  readonly #session: RevertedSession
  readonly #running = new Map<string, Promise<RevertReport>>()
  readonly #closing = new AbortController()

  constructor(services: SessionServices, session: RevertedSession) {
    this.#services = services
    this.#session = session
  }

  get isRunning(): boolean {
    return this.#running.size > 0
  }

  /** Reverts the calls of a cell. Concurrent callers receive the same report. */
  revert(cellId: string): Promise<RevertReport> {
    const running = this.#running.get(cellId) ?? this.#revert(cellId).finally(() => this.#running.delete(cellId))
    this.#running.set(cellId, running)
    return running
  }

  /** Aborts running reverts, and waits until their outcomes are recorded. */
  async close(): Promise<void> {
    this.#closing.abort(sessionClosed())
    await Promise.allSettled(this.#running.values())
  }

  async #revert(cellId: string): Promise<RevertReport> {
    const { store, feed, limits } = this.#services
    const state = this.#session.stateOf(cellId)
    if (state === 'running') {
      const text = `Cannot revert the calls of cell ${cellId}: the cell is running; terminate it first`
      throw new CodecellError('CELL_RUNNING', text, { details: { cellId } })
    }
    const ledger = store.ledgerOf(cellId)
    if (ledger === null && (store.isDurable || state === null)) {
      const text = `Cannot revert the calls of cell ${cellId}: the session has no record of the cell`
      throw new CodecellError('CELL_NOT_FOUND', text, { details: { cellId } })
    }
    if (ledger === null) return { cellId, calls: [] }
    const calls = await revertCalls({
      ledger,
      barrier: () => store.barrier(),
      catalogue: this.#session.catalogue(),
      timeoutMs: limits.toolTimeoutMs,
      signal: this.#closing.signal,
      onReverted: (entry) => feed?.emit({ ...entry, type: 'call_reverted', cellId, result: entry.type }),
    })
    return { cellId, calls }
  }
}
