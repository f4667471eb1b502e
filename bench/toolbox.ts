import type { BenchTools } from './rivals/rival.ts'

/** The tools of all workloads, and the strings that hold those cells that wait. */
export class Toolbox {
  readonly tools: BenchTools = {
    echo: (input) => input,
    bulk: () => bulkRows,
    hang: () => this.#hang(),
  }
  #waiting: (() => void)[] = []
  #expected: { readonly count: number; readonly reached: () => void } | null = null

  /** Resolves when `count` calls of `hang` are unanswered. */
  async whenWaiting(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#expected = { count, reached: resolve }
    this.#check()
    await promise
  }

  /** Answers all calls of `hang`. */
  release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const answer of waiting) answer()
  }

  async #hang(): Promise<null> {
    const { promise, resolve } = Promise.withResolvers<null>()
    this.#waiting.push(() => resolve(null))
    this.#check()
    return await promise
  }

  #check(): void {
    if (this.#expected !== null && this.#waiting.length >= this.#expected.count) this.#expected.reached()
  }
}

/** About 10 MB as JSON. */
const bulkRows = Array.from({ length: 42_000 }, (_, id) => ({ id, name: `${id} `.padEnd(220, 'x') }))
