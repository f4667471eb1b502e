/** Hands values to a reader that may be slower than whoever makes them: of several, it gets the last. */
export class Latest<VALUE> {
  #value: { readonly value: VALUE } | null = null
  #changed: PromiseWithResolvers<void> = Promise.withResolvers<void>()

  set(value: VALUE): void {
    this.#value = { value }
    this.#changed.resolve()
  }

  /** Values until `end` settles; what came last before that is not held back. */
  async *until(end: Promise<unknown>): AsyncGenerator<VALUE> {
    let isOver = false
    const finish = (): void => {
      isOver = true
      this.#changed.resolve()
    }
    end.then(finish, finish)
    for (;;) {
      await this.#changed.promise
      // Read before the value is handed over: what happens meanwhile is for the next round.
      const isLast = isOver
      if (this.#value !== null) yield this.#take(this.#value)
      if (isLast) return
    }
  }

  #take({ value }: { readonly value: VALUE }): VALUE {
    this.#value = null
    this.#changed = Promise.withResolvers<void>()
    return value
  }
}
