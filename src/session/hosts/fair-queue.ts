/** A cell that waits for a slot. `session` shares slots with other sessions; null when its session has its own hosts. */
export interface Waiter {
  readonly session: object | null
}

/** The number of slots of each session. */
export class SlotCounts {
  readonly #cells: () => Iterable<Waiter>
  /** Null until the first count. */
  #held: Map<object | null, number> | null = null

  /** `cells`: the cells that have slots. */
  constructor(cells: () => Iterable<Waiter>) {
    this.#cells = cells
  }

  /** Adds slots to a session, or removes them. */
  add(session: object | null, places: number): void {
    const held = this.#held
    if (held !== null) held.set(session, (held.get(session) ?? 0) + places)
  }

  of(session: object | null): number {
    return this.count().get(session) ?? 0
  }

  /** Counts, unless that was done. */
  count(): ReadonlyMap<object | null, number> {
    if (this.#held !== null) return this.#held
    this.#held = new Map()
    for (const { session } of this.#cells()) this.#held.set(session, (this.#held.get(session) ?? 0) + 1)
    return this.#held
  }
}

/** The waiting cells by session: the session with the fewest slots is served first, of equals the one that was served least recently. */
export class FairQueue<waiting extends Waiter> {
  readonly #sessions = new Map<object | null, Set<waiting>>()

  get size(): number {
    return this.#sessions.values().reduce((sum, waiting) => sum + waiting.size, 0)
  }

  add(waiting: waiting): void {
    const ofSession = this.#sessions.get(waiting.session) ?? new Set()
    this.#sessions.set(waiting.session, ofSession.add(waiting))
  }

  delete(waiting: waiting): void {
    const ofSession = this.#sessions.get(waiting.session)
    if (ofSession?.delete(waiting) === true && ofSession.size === 0) this.#sessions.delete(waiting.session)
  }

  /** Returns the next cell to serve, of the sessions that may have one more slot; null for none. */
  next(shares: SlotCounts, mayHave: (session: object | null) => boolean): waiting | null {
    let best: waiting | null = null
    for (const [session, ofSession] of this.#sessions) {
      const [first] = ofSession
      if (first === undefined || !mayHave(session)) continue
      if (best === null || shares.of(session) < shares.of(best.session)) best = first
    }
    return best
  }

  /** Removes a cell that is served: the others of its session follow those of other sessions. */
  take(waiting: waiting): void {
    const ofSession = this.#sessions.get(waiting.session)
    this.delete(waiting)
    if (ofSession === undefined || ofSession.size === 0) return
    this.#sessions.delete(waiting.session)
    this.#sessions.set(waiting.session, ofSession)
  }

  has(waiting: waiting): boolean {
    return this.#sessions.get(waiting.session)?.has(waiting) === true
  }

  /** All waiting cells. */
  *[Symbol.iterator](): Generator<waiting> {
    for (const ofSession of this.#sessions.values()) yield* ofSession
  }
}
