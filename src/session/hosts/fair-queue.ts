/** A cell that waits for a slot. */
export interface Waiter {
  /** The session of the cell; null when the session has its own hosts. */
  readonly session: object | null
}

/** The number of slots of each session. */
export class SlotCounts {
  readonly #cells: () => Iterable<Waiter>
  /** Null until the first count. */
  #held: Map<object | null, number> | null = null

  /** @param cells returns the cells that have slots */
  constructor(cells: () => Iterable<Waiter>) {
    this.#cells = cells
  }

  /** Adds `slots`, which may be negative, to the number of a session. */
  add(session: object | null, slots: number): void {
    const held = this.#held
    if (held !== null) held.set(session, (held.get(session) ?? 0) + slots)
  }

  of(session: object | null): number {
    return this.count().get(session) ?? 0
  }

  /** Returns the number of slots by session, which is counted on the first call. */
  count(): ReadonlyMap<object | null, number> {
    if (this.#held !== null) return this.#held
    this.#held = new Map()
    for (const { session } of this.#cells()) this.#held.set(session, (this.#held.get(session) ?? 0) + 1)
    return this.#held
  }
}

/**
 * The waiting cells by session. The session with the fewest slots is served first; among equals, the least recently served
 * one.
 */
export class FairQueue<Waiting extends Waiter> {
  readonly #sessions = new Map<object | null, Set<Waiting>>()

  get size(): number {
    return this.#sessions.values().reduce((sum, waiting) => sum + waiting.size, 0)
  }

  add(waiting: Waiting): void {
    const ofSession = this.#sessions.get(waiting.session) ?? new Set()
    this.#sessions.set(waiting.session, ofSession.add(waiting))
  }

  delete(waiting: Waiting): void {
    const ofSession = this.#sessions.get(waiting.session)
    if (ofSession?.delete(waiting) === true && ofSession.size === 0) this.#sessions.delete(waiting.session)
  }

  /** Returns the next cell of the sessions that may have one more slot; null when no cell waits. */
  next(shares: SlotCounts, mayHaveSlot: (session: object | null) => boolean): Waiting | null {
    let best: Waiting | null = null
    for (const [session, ofSession] of this.#sessions) {
      const [first] = ofSession
      if (first === undefined || !mayHaveSlot(session)) continue
      if (best === null || shares.of(session) < shares.of(best.session)) best = first
    }
    return best
  }

  /** Removes a served cell. The other cells of its session now follow those of sessions with as many slots. */
  take(waiting: Waiting): void {
    const ofSession = this.#sessions.get(waiting.session)
    this.delete(waiting)
    if (ofSession === undefined || ofSession.size === 0) return
    this.#sessions.delete(waiting.session)
    this.#sessions.set(waiting.session, ofSession)
  }

  has(waiting: Waiting): boolean {
    return this.#sessions.get(waiting.session)?.has(waiting) === true
  }

  *[Symbol.iterator](): Generator<Waiting> {
    for (const ofSession of this.#sessions.values()) yield* ofSession
  }
}
