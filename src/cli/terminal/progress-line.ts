const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100
const clearLine = '\r\u001b[K'

/** Where a line can be drawn: standard error, if it is a terminal. */
export type Terminal = {
  readonly isTTY?: boolean
  /** Width in characters; some terminals do not know theirs and say 0. */
  readonly columns?: number
  write(text: string): unknown
}

/** Whether a person sees a line that is drawn again and again as one line. */
export function canDraw(terminal: Terminal, env: Readonly<Record<string, string | undefined>>): boolean {
  return terminal.isTTY === true && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb'
}

/** One line at the bottom of a terminal that says what goes on. The cursor stays as it is, so a hard exit harms nothing. */
export class ProgressLine implements Disposable {
  readonly #terminal: Terminal
  readonly #describe: () => string
  readonly #timer: NodeJS.Timeout
  #frame = 0

  /** `describe` is asked for the text of each frame. */
  constructor(terminal: Terminal, describe: () => string) {
    this.#terminal = terminal
    this.#describe = describe
    this.#timer = setInterval(() => this.#draw(), frameMs)
    this.#draw()
  }

  #draw(): void {
    const frame = frames[this.#frame++ % frames.length]
    const { columns = 0 } = this.#terminal
    // A line that wraps could not be cleared any more.
    const text = `${frame} ${this.#describe()}`.slice(0, Math.max(columns, 40) - 1)
    this.#terminal.write(`${clearLine}${text}`)
  }

  /** Makes room for other text. The line comes back with its next frame. */
  clear(): void {
    this.#terminal.write(clearLine)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.clear()
  }
}
