/** Delivers values to a reader that can be slower than the producer. The reader skips all but the latest value. */
export class Latest<Value> {
  #value: { readonly value: Value } | null = null
  #changed: PromiseWithResolvers<void> = Promise.withResolvers<void>()

  set(value: Value): void {
    this.#value = { value }
    this.#changed.resolve()
  }

  /** Yields values until `end` settles, including the last one before. */
  async *until(end: Promise<unknown>): AsyncGenerator<Value> {
    let isOver = false
    const finish = (): void => {
      isOver = true
      this.#changed.resolve()
    }
    end.then(finish, finish)
    for (;;) {
      await this.#changed.promise
      // Read before the value is delivered: later changes belong to the next iteration.
      const isLast = isOver
      if (this.#value !== null) yield this.#take(this.#value)
      if (isLast) return
    }
  }

  #take({ value }: { readonly value: Value }): Value {
    this.#value = null
    this.#changed = Promise.withResolvers<void>()
    return value
  }
}
