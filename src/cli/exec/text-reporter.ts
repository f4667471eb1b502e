import { formatHeader, remarkText, visibleText } from '../../agent.ts'
import { type CellOutcome, type ContentItem, type DeferredCall } from '../../index.ts'
import type { ExecReporter } from './reporter.ts'
import type { Io, Output } from '../common/io.ts'
import { printable } from '../common/printable.ts'
import { canDraw, ProgressLine } from '../terminal/progress-line.ts'

/** Reports a run as text: output on standard output, everything else on standard error, progress on a terminal. */
export function textReporter(io: Io, { quiet }: { quiet: boolean }): ExecReporter {
  return new TextReporter(io, quiet)
}

class TextReporter implements ExecReporter {
  readonly #io: Io
  readonly #quiet: boolean
  readonly #startedAt = performance.now()
  #progressLine: ProgressLine | null = null
  #phase = 'starting'
  #calls = 0
  #open = 0
  /** Texts to print after the open prompt; null without a prompt. */
  #later: (() => void)[] | null = null

  constructor(io: Io, quiet: boolean) {
    this.#io = io
    this.#quiet = quiet
  }

  starting(): void {
    this.#draw()
  }

  #draw(): void {
    const { stderr, env } = this.#io
    if (this.#quiet || this.#phase === 'closing' || !canDraw(stderr, env)) return
    this.#progressLine = new ProgressLine(stderr, () => this.#progress())
  }

  #progress(): string {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1)
    const calls = `${this.#calls} tool ${this.#calls === 1 ? 'call' : 'calls'}`
    const open = this.#open === 0 ? '' : `, ${this.#open} open`
    return `${this.#phase} · ${seconds} s${this.#calls === 0 ? '' : ` · ${calls}${open}`}`
  }

  opened(sessionId: string): void {
    if (!this.#quiet) this.#note(`Session: ${sessionId}`)
  }

  started(cellId: string): void {
    this.#phase = 'running'
    if (!this.#quiet) this.#print(`Script running with cell ID ${cellId}\nOutput:\n`)
  }

  warning(message: string): void {
    this.#note(message)
  }

  callStarted(): void {
    this.#calls++
    this.#open++
  }

  callEnded(): void {
    this.#open--
  }

  callDeferred(): void {}

  waiting(sessionId: string, calls: readonly DeferredCall[]): void {
    this.#phase = 'closing'
    const lines = calls.map(({ key, tool, note }) => printable(`  ${key}  ${tool}${note === null ? '' : `: ${note}`}`))
    const advice = `Provide each with "codecell answer ${sessionId} KEY", then resume with "codecell exec --resume --session ${sessionId}"`
    this.#note(['The script waits for the results of deferred calls:', ...lines, advice].join('\n'))
  }

  prompting(): Disposable {
    this.#later = []
    this.close()
    return {
      [Symbol.dispose]: () => {
        const later = this.#later ?? []
        this.#later = null
        for (const show of later) show()
        this.#draw()
      },
    }
  }

  items(items: readonly ContentItem[]): void {
    for (const item of items) this.#print(`${itemText(item)}\n`)
  }

  notification(text: string): void {
    if (!this.#quiet) this.#note(`[notification] ${text}`)
  }

  ended(outcome: CellOutcome, wallTimeMs: number): void {
    this.#phase = 'closing'
    const error = 'errorText' in outcome ? outcome.errorText : null
    const remarks = 'remarks' in outcome ? outcome.remarks : []
    if (this.#quiet) {
      if (error !== null) this.#note(`Script error:\n${error}`)
      return
    }
    if (error !== null) this.#print(`Script error:\n${error}\n`)
    const status = outcome.type === 'yielded' ? 'terminated' : outcome.type
    const [line, wallTime] = formatHeader({ outcome: status, durationMs: wallTimeMs }).split('\n')
    this.#print(`\n${line}\n${wallTime}\n`)
    for (const remark of remarks) this.#note(`Note: ${remarkText(remark)}`)
  }

  recorded(directory: string): void {
    if (!this.#quiet) this.#note(`Trace: ${directory}`)
  }

  close(): void {
    this.#progressLine?.[Symbol.dispose]()
    this.#progressLine = null
  }

  /** Output replaces the progress line, which its next frame draws again. */
  #print(text: string): void {
    this.#show(this.#io.stdout, text)
  }

  #note(text: string): void {
    this.#show(this.#io.stderr, `${text}\n`)
  }

  #show(stream: Output, text: string): void {
    if (this.#later !== null) return void this.#later.push(() => this.#show(stream, text))
    this.#progressLine?.clear()
    // A program must not be able to paint over a prompt.
    stream.write(stream.isTTY === true ? visibleText(text) : text)
  }
}

/** Returns a content item as text. */
export function itemText(item: ContentItem): string {
  switch (item.type) {
    case 'input_text':
      return item.text
    case 'input_image':
      return `[image: ${describeUri(item.image_url)}]`
    case 'input_audio':
      return `[audio: ${describeUri(item.audio_url)}]`
    default:
      return item satisfies never
  }
}

function describeUri(uri: string): string {
  const type = /^data:([^;,]*)/i.exec(uri)?.[1]
  const bytes = Math.round(((uri.length - uri.indexOf(',') - 1) * 3) / 4)
  return `${type === undefined || type === '' ? 'data' : type}, ${bytes} bytes`
}
