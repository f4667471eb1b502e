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
    const ended = end.then(
      () => 'ended' as const,
      () => 'ended' as const,
    )
    for (;;) {
      const next = await Promise.race([this.#changed.promise, ended])
      if (this.#value !== null) yield this.#take(this.#value)
      if (next === 'ended') return
    }
  }

  #take({ value }: { readonly value: VALUE }): VALUE {
    this.#value = null
    this.#changed = Promise.withResolvers<void>()
    return value
  }
}
