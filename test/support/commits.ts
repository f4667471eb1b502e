import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Barrier } from '../../src/storage/session-store.ts'

/** Makes the barriers of a store pending. */
export interface Commits {
  /** Returns the barrier instead of that of the store. */
  barrier(own: Barrier): Barrier
  /** Settles all barriers, because the store closes. */
  close(): void
}

type Waiting = { readonly own: Barrier; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/** Commits that a test controls: barriers are pending while the gate is shut. */
export class CommitGate implements Commits {
  #isShut = false
  #failure: { readonly error: unknown } | null = null
  readonly #waiting: Waiting[] = []
  readonly #watchers = new Set<() => void>()

  barrier(own: Barrier): Barrier {
    if (this.#failure !== null) return Promise.reject(this.#failure.error)
    if (!this.#isShut) return own
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ own, resolve, reject })
    for (const wake of this.#watchers) wake()
    return promise
  }

  /** The number of pending barriers. */
  get count(): number {
    return this.#waiting.length
  }

  shut(): void {
    this.#isShut = true
  }

  /** Resolves the pending barriers. Later ones are those of the store. */
  open(): void {
    this.#isShut = false
    for (const { own, resolve, reject } of this.#waiting.splice(0)) {
      if (own === null) resolve()
      else void own.then(resolve, reject)
    }
  }

  /** Rejects the pending barriers, and all later ones until `recover`. */
  fail(error: unknown): void {
    this.#failure = { error }
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  recover(): void {
    this.#failure = null
    this.#isShut = false
  }

  /** Resolves when `count` barriers are pending. */
  async waited(count: number): Promise<void> {
    while (this.#waiting.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#watchers.add(resolve)
      await promise
      this.#watchers.delete(resolve)
    }
  }

  close(): void {
    this.open()
  }
}

/** Commits that take a random time, one at a time: the barriers that are requested while one runs share the next one. */
export class RandomCommits implements Commits {
  readonly #random: () => number
  #last: Promise<void> = Promise.resolve()
  /** The commit that has not begun. */
  #next: Promise<void> | null = null
  #pending = 0

  constructor(random: () => number) {
    this.#random = random
  }

  barrier(own: Barrier): Barrier {
    if (own !== null) return own
    // Nothing was written since the last commit.
    if (this.#pending === 0 && this.#random() < 0.2) return null
    this.#next ??= this.#last = this.#commit(this.#last)
    return this.#next
  }

  async #commit(last: Promise<void>): Promise<void> {
    this.#pending++
    await last
    this.#next = null
    await this.#pause()
    this.#pending--
  }

  async #pause(): Promise<void> {
    const choice = this.#random()
    if (choice < 0.3) return
    await (choice < 0.7 ? setImmediate() : setTimeout(this.#random() * 4))
  }

  close(): void {}
}
