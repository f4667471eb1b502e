/** A tool whose calls wait until the test answers them, each by the key in its input. */
export class KeyedGate {
  /** The keys of all calls, in the order in which they were made. */
  readonly calls: string[] = []
  readonly #waiting = new Map<string, (value: unknown) => void>()
  #wake: () => void = () => undefined
  readonly tool = {
    name: 'gate',
    call: (input: unknown): Promise<unknown> => {
      const key = keyOf(input)
      this.calls.push(key)
      const { promise, resolve } = Promise.withResolvers<unknown>()
      this.#waiting.set(key, resolve)
      this.#wake()
      return promise
    },
  }

  /** The keys of calls that wait, in the order in which they were made. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()]
  }

  /** Resolves when `count` calls have been made in all. */
  async called(count: number): Promise<void> {
    while (this.calls.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Answers a call; false when none of this key waits. */
  open(key: string, value: unknown): boolean {
    const resolve = this.#waiting.get(key)
    this.#waiting.delete(key)
    resolve?.(value)
    return resolve !== undefined
  }
}

function keyOf(input: unknown): string {
  return typeof input === 'object' && input !== null && 'key' in input ? String(input.key) : ''
}
