/** Hands over one notification; what it returns or throws changes nothing but the time it takes. */
export type Deliver = (text: string, options: { signal: AbortSignal }) => unknown

/** Told how each notification ended; `count` of the cell's have, this one with them. */
export type Told = (text: string, result: 'delivered' | 'failed' | 'given_up', count: number) => void

/** The notifications of one cell: delivered one at a time, in the order in which they were sent. */
export class Notifications {
  readonly #deliver: Deliver
  readonly #told: Told
  readonly #timeoutMs: number
  readonly #waiting: string[] = []
  /** Made with the first notification: most cells send none. */
  #abort: AbortController | null = null
  #delivering = false
  #drained: (() => void) | null = null
  /** Notifications that an earlier process has delivered and this cell has not repeated yet. */
  #toSkip: number
  #count: number

  /** The first `before` notifications have been delivered by an earlier process. */
  constructor(
    deliver: Deliver,
    { timeoutMs, before, told }: { readonly timeoutMs: number; readonly before: number; readonly told: Told },
  ) {
    this.#deliver = deliver
    this.#toSkip = before
    this.#count = before
    this.#told = told
    this.#timeoutMs = timeoutMs
  }

  get isDelivering(): boolean {
    return this.#delivering
  }

  send(text: string): void {
    if (this.#toSkip > 0) return void this.#toSkip--
    this.#waiting.push(text)
    if (!this.#delivering) void this.#run()
  }

  /** Calls back, once, when nothing is left to deliver; at once when that is now. */
  whenDrained(callback: () => void): void {
    if (this.#delivering) this.#drained = callback
    else callback()
  }

  /** Drops what has not been delivered and gives up what is being delivered. */
  cancel(): void {
    this.#waiting.length = 0
    this.#drained = null
    this.#abort?.abort(new DOMException('code mode notification cancelled', 'AbortError'))
  }

  async #run(): Promise<void> {
    this.#delivering = true
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) await this.#one(text)
    this.#delivering = false
    this.#drained?.()
    this.#drained = null
  }

  async #one(text: string): Promise<void> {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    this.#abort ??= new AbortController()
    const signal = AbortSignal.any([this.#abort.signal, timeout])
    const given = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => given.resolve())
    try {
      await Promise.race([this.#deliver(text, { signal }), given.promise])
      this.#told(text, signal.aborted ? 'given_up' : 'delivered', ++this.#count)
    } catch {
      // A notification that cannot be delivered is no error of the cell (contract N2).
      this.#told(text, 'failed', ++this.#count)
    }
  }
}
