type Waiting = { readonly input: unknown; readonly resolve: (value: unknown) => void }

/** A tool, `gate`, whose calls wait until the test resolves them. */
export class Gate {
  /** The inputs of all calls, in order. */
  readonly calls: unknown[] = []
  readonly #waiting: Waiting[] = []
  readonly #watchers = new Set<() => void>()
  readonly tool = {
    name: 'gate',
    call: (input: unknown): Promise<unknown> => {
      this.calls.push(input)
      const { promise, resolve } = Promise.withResolvers<unknown>()
      this.#waiting.push({ input, resolve })
      for (const wake of this.#watchers) wake()
      return promise
    },
  }

  /** The member `key` of the inputs of all calls, in the order in which they were made. */
  get keys(): readonly string[] {
    return this.calls.map((input) => keyOf(input) ?? '')
  }

  /** The member `key` of the inputs of pending calls. */
  get waitingKeys(): readonly string[] {
    return this.waiting.map((input) => keyOf(input) ?? '')
  }

  /** The inputs of pending calls, in the order in which they were made. */
  get waiting(): readonly unknown[] {
    return this.#waiting.map(({ input }) => input)
  }

  /** Resolves when `count` calls have been made. */
  async called(count: number): Promise<void> {
    while (this.calls.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#watchers.add(resolve)
      await promise
      this.#watchers.delete(resolve)
    }
  }

  /** Resolves the oldest pending call, or the oldest one whose input has this `key`. Returns whether there was one. */
  open(value: unknown, key?: string): boolean {
    const at = this.#waiting.findIndex(({ input }) => key === undefined || keyOf(input) === key)
    const [call] = at === -1 ? [] : this.#waiting.splice(at, 1)
    call?.resolve(value)
    return call !== undefined
  }

  /** Resolves the pending call with this index, the oldest first. */
  openAt(index: number, value: unknown): void {
    const [call] = this.#waiting.splice(index, 1)
    call?.resolve(value)
  }
}

function keyOf(input: unknown): string | null {
  return typeof input === 'object' && input !== null && 'key' in input ? String(input.key) : null
}
