import { Worker } from 'node:worker_threads'
import { isRecord } from '../protocol/json.ts'

/**
 * What became of a source that may be TypeScript: without its types, at unchanged positions; or TypeScript that cannot
 * be had by taking types away, with the reason; or no TypeScript either.
 */
export type StrippedSource =
  | { readonly type: 'stripped'; readonly source: string }
  | { readonly type: 'unsupported'; readonly reason: string }
  | { readonly type: 'not_typescript' }

/**
 * Longest time for one source: so many steps, each of so many milliseconds. When the process is stopped, its thread is too; that
 * takes one step, however long it is.
 */
const maxSteps = 50
const stepMs = 100

type Request = { readonly source: string; readonly answer: (stripped: StrippedSource) => void }

/**
 * Takes types away from TypeScript, one source after the other. Node's own parser does it, on a thread of its own with
 * bounded memory, because the source is hostile and the agent's thread must not wait for it. The thread starts with the
 * first source; one that breaks down, or takes too long, costs its own source only.
 */
export class TypeStripper implements AsyncDisposable {
  /** The first one is on the thread. */
  readonly #requests: Request[] = []
  #worker: Worker | null = null
  #timer: NodeJS.Timeout | null = null

  strip(source: string): Promise<StrippedSource> {
    const { promise, resolve } = Promise.withResolvers<StrippedSource>()
    this.#requests.push({ source, answer: resolve })
    if (this.#requests.length === 1) this.#next()
    return promise
  }

  #next(): void {
    const [request] = this.#requests
    if (request === undefined) return
    const worker = (this.#worker ??= this.#start())
    let steps = 0
    this.#timer = setInterval(() => {
      if (++steps === maxSteps) void worker.terminate()
    }, stepMs)
    worker.postMessage(request.source)
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./type-stripper-worker.${extension}`, import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    worker.on('message', (message: unknown) => this.#respond(parse(message)))
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#respond({ type: 'not_typescript' })
    })
    // Last: listening to messages keeps the process alive again.
    worker.unref()
    return worker
  }

  #respond(stripped: StrippedSource): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#requests.shift()?.answer(stripped)
    this.#next()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    for (const { answer } of this.#requests.splice(0)) answer({ type: 'not_typescript' })
    if (this.#timer !== null) clearInterval(this.#timer)
    await worker?.terminate()
  }
}

function parse(message: unknown): StrippedSource {
  const { source, reason } = isRecord(message) ? message : {}
  if (typeof source === 'string') return { type: 'stripped', source }
  return typeof reason === 'string' ? { type: 'unsupported', reason } : { type: 'not_typescript' }
}
