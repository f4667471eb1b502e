/** Somebody who waits for a place. `session`: with whom it shares what is fair; null: the places are its session's alone. */
export interface Waiter {
  readonly session: object | null
}

/** How many places each session has. */
export class SlotCounts {
  readonly #cells: () => Iterable<Waiter>
  /** Null: nobody has asked. */
  #held: Map<object | null, number> | null = null

  /** `cells`: those that have places. */
  constructor(cells: () => Iterable<Waiter>) {
    this.#cells = cells
  }

  /** The session has been given places, or gave some up. */
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

/** Those who wait, by session: the session that has the fewest places is served first, of equals the one that was served least recently. */
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

  /** Whose turn it is, of those whose session may have one more place; null: nobody's. */
  next(shares: SlotCounts, mayHave: (session: object | null) => boolean): waiting | null {
    let best: waiting | null = null
    for (const [session, ofSession] of this.#sessions) {
      const [first] = ofSession
      if (first === undefined || !mayHave(session)) continue
      if (best === null || shares.of(session) < shares.of(best.session)) best = first
    }
    return best
  }

  /** It is served: the others of its session come after those of other sessions. */
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

  /** All that wait. */
  *[Symbol.iterator](): Generator<waiting> {
    for (const ofSession of this.#sessions.values()) yield* ofSession
  }
}
