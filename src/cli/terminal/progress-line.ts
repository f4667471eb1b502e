const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100
const clearLine = '\r\u001b[K'

/** The stream of a progress line: standard error. */
export type Terminal = {
  readonly isTTY?: boolean
  /** The width in characters; some terminals report 0. */
  readonly columns?: number
  write(text: string): unknown
}

/** Whether the stream can redraw a line in place. */
export function canDraw(terminal: Terminal, env: Readonly<Record<string, string | undefined>>): boolean {
  return terminal.isTTY === true && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb'
}

/** A line at the bottom of a terminal that shows progress. It never hides the cursor, so a hard exit leaves nothing to restore. */
export class ProgressLine implements Disposable {
  readonly #terminal: Terminal
  readonly #describe: () => string
  readonly #timer: NodeJS.Timeout
  #frame = 0

  /** `describe` returns the text of each frame. */
  constructor(terminal: Terminal, describe: () => string) {
    this.#terminal = terminal
    this.#describe = describe
    this.#timer = setInterval(() => this.#draw(), frameMs)
    this.#draw()
  }

  #draw(): void {
    const frame = frames[this.#frame++ % frames.length]
    const { columns = 0 } = this.#terminal
    // A line that wraps cannot be cleared.
    const text = `${frame} ${this.#describe()}`.slice(0, Math.max(columns, 40) - 1)
    this.#terminal.write(`${clearLine}${text}`)
  }

  /** Clears the line for other text. The next frame draws it again. */
  clear(): void {
    this.#terminal.write(clearLine)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.clear()
  }
}
