import type { Worker } from 'node:worker_threads'
import { isRecord } from '../../protocol/json.ts'
import { startThread } from '../../package/start-thread.ts'

/**
 * The result of stripping types. A `stripped` source keeps all positions. An `unsupported` source has TypeScript syntax that
 * stripping cannot remove, e.g. an enum.
 */
export type StrippedSource =
  | { readonly type: 'stripped'; readonly source: string }
  | { readonly type: 'unsupported'; readonly reason: string }
  | { readonly type: 'not_typescript' }

/**
 * The timeout of one source, counted in steps of `stepMs` milliseconds. A suspension of the process also suspends the thread, and
 * counts as one step.
 */
const maxSteps = 50
const stepMs = 100

type Request = { readonly source: string; readonly resolve: (stripped: StrippedSource) => void }

/**
 * Strips types from TypeScript sources, one at a time. Sources are untrusted, so Node's parser runs on a worker thread with bounded
 * memory. The thread starts with the first source. A crash or a timeout fails only the current source.
 */
export class TypeStripper implements AsyncDisposable {
  /** The queue of requests. The thread processes the first one. */
  readonly #requests: Request[] = []
  #worker: Worker | null = null
  #timer: NodeJS.Timeout | null = null

  strip(source: string): Promise<StrippedSource> {
    const { promise, resolve } = Promise.withResolvers<StrippedSource>()
    this.#requests.push({ source, resolve })
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
    const worker = startThread('session/services/type-stripper-worker', {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    worker.on('message', (message: unknown) => this.#respond(parse(message)))
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#respond({ type: 'not_typescript' })
    })
    // `unref` must follow the listeners, because adding a message listener refs the thread.
    worker.unref()
    return worker
  }

  #respond(stripped: StrippedSource): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#requests.shift()?.resolve(stripped)
    this.#next()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    for (const { resolve } of this.#requests.splice(0)) resolve({ type: 'not_typescript' })
    if (this.#timer !== null) clearInterval(this.#timer)
    await worker?.terminate()
  }
}

function parse(message: unknown): StrippedSource {
  const { source, reason } = isRecord(message) ? message : {}
  if (typeof source === 'string') return { type: 'stripped', source }
  return typeof reason === 'string' ? { type: 'unsupported', reason } : { type: 'not_typescript' }
}
