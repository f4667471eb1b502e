/** A cell that waits for a slot. */
export interface Waiter {
  /** The session of the cell; null when the session has its own hosts. */
  readonly session: object | null
}

/** The number of slots of each session. */
export class SlotCounts {
  readonly #cells: () => Iterable<Waiter>
  /** Null until the first count. */
  #slots: Map<object | null, number> | null = null

  /** @param cells returns the cells that have slots */
  constructor(cells: () => Iterable<Waiter>) {
    this.#cells = cells
  }

  /** Adds `slots`, which may be negative, to the number of a session. */
  add(session: object | null, slots: number): void {
    const slotCounts = this.#slots
    if (slotCounts !== null) slotCounts.set(session, (slotCounts.get(session) ?? 0) + slots)
  }

  of(session: object | null): number {
    return this.count().get(session) ?? 0
  }

  /** Returns the number of slots by session, which is counted on the first call. */
  count(): ReadonlyMap<object | null, number> {
    if (this.#slots !== null) return this.#slots
    this.#slots = new Map()
    for (const { session } of this.#cells()) this.#slots.set(session, (this.#slots.get(session) ?? 0) + 1)
    return this.#slots
  }
}

/**
 * The waiting cells by session. The session with the fewest slots is served first; among equals, the least recently served
 * one.
 */
export class FairQueue<Waiting extends Waiter> {
  readonly #sessions = new Map<object | null, Set<Waiting>>()

  get size(): number {
    return this.#sessions.values().reduce((sum, waiters) => sum + waiters.size, 0)
  }

  add(waiter: Waiting): void {
    const waiters = this.#sessions.get(waiter.session) ?? new Set()
    this.#sessions.set(waiter.session, waiters.add(waiter))
  }

  delete(waiter: Waiting): void {
    const waiters = this.#sessions.get(waiter.session)
    if (waiters?.delete(waiter) === true && waiters.size === 0) this.#sessions.delete(waiter.session)
  }

  /**
   * Returns the next cell of the sessions that may have one more slot; null when no cell waits. With `canServe`, cells for which it
   * returns false are left out.
   */
  next(
    shares: SlotCounts,
    mayHaveSlot: (session: object | null) => boolean,
    canServe: ((waiter: Waiting) => boolean) | null = null,
  ): Waiting | null {
    let best: Waiting | null = null
    for (const [session, waiters] of this.#sessions) {
      const first = canServe === null ? waiters.values().next().value : waiters.values().find((each) => canServe(each))
      if (first === undefined || !mayHaveSlot(session)) continue
      if (best === null || shares.of(session) < shares.of(best.session)) best = first
    }
    return best
  }

  /** Removes a served cell. The other cells of its session now follow those of sessions with as many slots. */
  take(waiter: Waiting): void {
    const waiters = this.#sessions.get(waiter.session)
    this.delete(waiter)
    if (waiters === undefined || waiters.size === 0) return
    this.#sessions.delete(waiter.session)
    this.#sessions.set(waiter.session, waiters)
  }

  has(waiter: Waiting): boolean {
    return this.#sessions.get(waiter.session)?.has(waiter) === true
  }

  *[Symbol.iterator](): Generator<Waiting> {
    for (const waiters of this.#sessions.values()) yield* waiters
  }
}
