import type { CellEnding, CellProgress, CellStore } from '../../storage/session-store.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { EventFeed } from '../event-feed.ts'
import type { SessionApprovals } from '../approvals/session-approvals.ts'
import { CellRuntime, type RuntimeListener } from './cell-runtime.ts'
import type { LocalHostPool } from '../hosts/host-pool.ts'
import type { InputChecks } from '../calls/input-validation.ts'
import type { Limits } from '../limits.ts'
import { BoundedOutput, WholeOutput, type OutputBuffer } from './output-buffer.ts'
import type { Notification, SessionOptions } from '../api/session-options.ts'
import type { SessionTools } from '../session-tools.ts'
import type { StoredValues } from './stored-values.ts'
import type { StrippedSource, TypeStripper } from '../type-stripper.ts'

/** What the cells of a session have in common. */
export type CellSurroundings = {
  readonly options: SessionOptions
  readonly limits: Limits
  readonly evictAfterMs: number
  readonly pool: LocalHostPool
  /** The session, when no other may share its hosts. */
  readonly owner: object | null
  readonly storedValues: StoredValues
  /** Returns the retained output of a cell, null when there is none. */
  readonly retainedOutput: (cell: number) => string | null
  readonly stripper: TypeStripper
  readonly inputChecks: InputChecks
  /** Null: nobody listens. */
  readonly feed: EventFeed | null
  readonly approvals: SessionApprovals
  /** The last response of a cell has been handed over. */
  readonly closed: (cellId: string, ending: CellEnding, tools: SessionTools) => void
}

/** What a cell is made of, new or not. */
export type CellMaking = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly start: StartCommand
  readonly tools: SessionTools
  readonly store: CellStore
  readonly memory: CellProgress | null
}

/** What a cell is given by its session. There may be many thousands: it holds nothing but what is the cell's own. */
export class CellContext {
  readonly #around: CellSurroundings
  readonly #making: Omit<CellMaking, 'memory'>

  constructor(around: CellSurroundings, { cellId, execCallId, source, start, tools, store }: CellMaking) {
    this.#around = around
    this.#making = { cellId, execCallId, source, start, tools, store }
  }

  get execCallId(): string | null {
    return this.#making.execCallId
  }

  get source(): string {
    return this.#making.source
  }

  get store(): CellStore {
    return this.#making.store
  }

  get startedAt(): number {
    return this.#making.start.time
  }

  get catalogue(): Catalogue {
    return this.#making.tools.catalogue
  }

  get limits(): Limits {
    return this.#around.limits
  }

  get deadlock(): 'report' | 'fail' | 'wait' {
    return this.#around.options.deadlock ?? 'report'
  }

  get maxYieldTimeMs(): number | null {
    return this.#around.options.maxYieldTimeMs ?? null
  }

  get approvals(): SessionApprovals {
    return this.#around.approvals
  }

  get inputChecks(): InputChecks {
    return this.#around.inputChecks
  }

  /** Null: nobody listens. */
  get feed(): EventFeed | null {
    return this.#around.feed
  }

  makeOutput(): OutputBuffer {
    return this.#around.options.overflow === 'cut' ? new BoundedOutput() : new WholeOutput()
  }

  /** The program as it was given, or, when a source is passed, another one in its place. */
  makeRuntime(listener: RuntimeListener, body: string = this.source): CellRuntime {
    const { pool, owner, retainedOutput, feed, evictAfterMs, options } = this.#around
    const { cellId, start, tools, store } = this.#making
    const session = options.hosts === undefined || owner !== null ? null : this.#around
    const place = {
      pool,
      owner,
      session,
      catalogue: tools,
      ownOutput: Number(cellId),
      retainedOutput,
      feed,
      evictAfterMs,
    }
    return new CellRuntime(store.journal(body === start.body ? start : { ...start, body }), place, listener)
  }

  /** The program without TypeScript's types, for when it is no JavaScript. */
  async stripTypes(): Promise<StrippedSource> {
    return await this.#around.stripper.strip(this.source)
  }

  notify(notification: Notification, options: { readonly signal: AbortSignal }): unknown {
    return this.#around.options.onNotification?.(notification, options)
  }

  /** The cell ended by itself: what it wrote is the session's now. */
  commit(writes: ReadonlyMap<string, string>): void {
    this.#around.storedValues.commit(writes)
  }

  /** The last response has been handed over. */
  closed(ending: CellEnding): void {
    this.#around.closed(this.#making.cellId, ending, this.#making.tools)
  }
}
