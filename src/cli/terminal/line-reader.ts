import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** The terminal of a user. */
export type UserTerminal = {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream & { readonly columns?: number }
}

/** The time for which input is discarded before the first prompt, in milliseconds. */
const discardMs = 50

/**
 * Prompts for lines, one at a time. Input from before is discarded: it replied to something else, such as text that a program
 * printed. Disposing the reader releases the input.
 */
export class LineReader implements Disposable {
  readonly #readline: ReturnType<typeof createInterface>
  readonly #closed: Promise<void>
  #isClosed = false

  private constructor({ input, output }: UserTerminal) {
    // The terminal edits the line and turns Ctrl-C into a signal.
    this.#readline = createInterface({ input, output, terminal: false })
    this.#closed = new Promise((resolve) => {
      this.#readline.once('close', () => {
        this.#isClosed = true
        resolve()
      })
    })
  }

  static async open(terminal: UserTerminal, signal: AbortSignal): Promise<LineReader> {
    terminal.input.on('data', drop).resume()
    try {
      await delay(discardMs, undefined, { signal })
    } finally {
      terminal.input.off('data', drop).pause()
    }
    return new LineReader(terminal)
  }

  /** Returns the next line, null at the end of the input. Throws the reason of an abort. */
  async ask(question: string, signal: AbortSignal): Promise<string | null> {
    if (this.#isClosed) return null
    return (await Promise.race([this.#readline.question(question, { signal }), this.#closed])) ?? null
  }

  [Symbol.dispose](): void {
    this.#readline.close()
  }
}

function drop(): void {}
