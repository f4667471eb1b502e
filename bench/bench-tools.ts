import type { BenchTool } from './rival.ts'

/** Rows of the large result: 10 MB as JSON. */
const rowCount = 80_000

/** The nested tools that programs of the benchmark call. */
export class BenchTools {
  readonly tools: readonly BenchTool[] = [
    { name: 'echo', call: async (input) => input },
    { name: 'large', call: async () => this.#largeResult() },
    { name: 'hold', call: async () => await this.#hold() },
  ]
  #largeRows: unknown = null
  #held: (() => void)[] = []
  #arrived: (() => void) | null = null
  #awaited = 0

  /** Resolves when `count` calls of `hold` wait. */
  async heldCalls(count: number): Promise<void> {
    if (this.#held.length >= count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#awaited = count
    this.#arrived = resolve
    await promise
  }

  /** Responds to every call of `hold` that waits. */
  release(): void {
    for (const answer of this.#held) answer()
    this.#held = []
  }

  async #hold(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.push(resolve)
    if (this.#held.length >= this.#awaited) this.#arrived?.()
    await promise
    return {}
  }

  #largeResult(): unknown {
    this.#largeRows ??= Array.from({ length: rowCount }, (_, id) => ({
      id,
      name: `record ${id}`,
      tags: ['first', 'second', 'third'],
      note: 'x'.repeat(50),
    }))
    return this.#largeRows
  }
}
