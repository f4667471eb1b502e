import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Where a person reads and types. */
export type PersonsTerminal = {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream & { readonly columns?: number }
}

/** How long input is thrown away before the first question, in milliseconds. */
const discardMs = 50

/**
 * Asks for lines, one at a time. What was typed before is thrown away: it answered something else, perhaps something that a
 * program had printed. Disposing it lets go of the input.
 */
export class LineReader implements Disposable {
  readonly #readline: ReturnType<typeof createInterface>
  readonly #closed: Promise<void>
  #isClosed = false

  private constructor({ input, output }: PersonsTerminal) {
    // The terminal itself edits the line, and turns Ctrl-C into a signal.
    this.#readline = createInterface({ input, output, terminal: false })
    this.#closed = new Promise((resolve) => {
      this.#readline.once('close', () => {
        this.#isClosed = true
        resolve()
      })
    })
  }

  static async open(terminal: PersonsTerminal, signal: AbortSignal): Promise<LineReader> {
    terminal.input.on('data', drop).resume()
    try {
      await delay(discardMs, undefined, { signal })
    } finally {
      terminal.input.off('data', drop).pause()
    }
    return new LineReader(terminal)
  }

  /** The next line; null at the end of the input. Throws the reason of an abort. */
  async ask(question: string, signal: AbortSignal): Promise<string | null> {
    if (this.#isClosed) return null
    return (await Promise.race([this.#readline.question(question, { signal }), this.#closed])) ?? null
  }

  [Symbol.dispose](): void {
    this.#readline.close()
  }
}

function drop(): void {}
