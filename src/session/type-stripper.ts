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

/** Longest time for one source, in milliseconds. */
const patienceMs = 5000

/**
 * Takes types away from TypeScript. Node's own parser does it, on a thread of its own with bounded memory, because the
 * source is hostile and the agent's thread must not wait for it. The thread starts with the first source.
 */
export class TypeStripper implements AsyncDisposable {
  readonly #waiting = new Map<number, (stripped: StrippedSource) => void>()
  #worker: Worker | null = null
  #lastId = 0

  strip(source: string): Promise<StrippedSource> {
    const worker = (this.#worker ??= this.#start())
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<StrippedSource>()
    const timer = setTimeout(() => void worker.terminate(), patienceMs)
    this.#waiting.set(id, (stripped) => {
      clearTimeout(timer)
      this.#waiting.delete(id)
      resolve(stripped)
    })
    worker.postMessage({ id, source })
    return promise
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./type-stripper-thread.${extension}`, import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    worker.unref()
    worker.on('message', (message: unknown) => this.#heard(message))
    worker.on('error', () => undefined)
    worker.on('exit', () => this.#gone(worker))
    return worker
  }

  #heard(message: unknown): void {
    if (!isRecord(message) || typeof message['id'] !== 'number') return
    this.#waiting.get(message['id'])?.(parse(message))
  }

  #gone(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null
    for (const answer of this.#waiting.values()) answer({ type: 'not_typescript' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }
}

function parse({ source, reason }: Record<string, unknown>): StrippedSource {
  if (typeof source === 'string') return { type: 'stripped', source }
  return typeof reason === 'string' ? { type: 'unsupported', reason } : { type: 'not_typescript' }
}
