import type { Worker } from 'node:worker_threads'
import { findTypeScript } from '../../installation/type-script.ts'
import { isRecord } from '../../protocol/json.ts'
import { startThread } from '../../package/start-thread.ts'
import type { TypeFinding } from './type-finding.ts'

export type CheckRequest = { readonly declarations: string; readonly source: string; readonly isTypeScript: boolean }

/** Timeouts for the start of the checker and for one program, in milliseconds. */
const startMs = 20_000
const checkMs = 3000

/** Programs in the queue of the checker. Further programs are not checked. */
const maxWaiting = 16

/** Timeout for the end of the checker in milliseconds. */
const stopMs = 1000

type Waiting = { readonly request: CheckRequest; readonly resolve: (findings: readonly TypeFinding[]) => void }

type Phase =
  | { readonly type: 'idle' }
  | { readonly type: 'starting' | 'ready' | 'checking'; readonly worker: Worker }
  | { readonly type: 'off' }

/**
 * Checks programs against declarations with the TypeScript of the embedder, if a supported version is installed. The compiler is a
 * process that starts with the first program, and its client is a worker: neither keeps the agent's process alive or blocks its
 * thread. After a failure there are no findings.
 */
export class TypeChecker implements AsyncDisposable {
  readonly #waiting: Waiting[] = []
  #phase: Phase = findTypeScript().type === 'usable' ? { type: 'idle' } : { type: 'off' }
  #timer: NodeJS.Timeout | null = null

  get isAvailable(): boolean {
    return this.#phase.type !== 'off'
  }

  /** Resolves with an empty list when no checker is available. */
  check(request: CheckRequest): Promise<readonly TypeFinding[]> {
    if (this.#phase.type === 'off' || this.#waiting.length >= maxWaiting) return Promise.resolve([])
    const { promise, resolve } = Promise.withResolvers<readonly TypeFinding[]>()
    this.#waiting.push({ request, resolve })
    if (this.#phase.type === 'idle') this.#start()
    if (this.#phase.type === 'ready') this.#next(this.#phase.worker)
    return promise
  }

  #start(): void {
    try {
      const worker = startThread('agent/type-check/type-checker-worker', {
        resourceLimits: { maxOldGenerationSizeMb: 256 },
      })
      this.#phase = { type: 'starting', worker }
      worker.on('message', (message: unknown) => this.#onMessage(worker, message))
      worker.on('error', () => undefined)
      worker.on('exit', () => this.#turnOff())
      // Must be last: a message listener keeps the process alive again.
      worker.unref()
      this.#limitTime(startMs)
    } catch {
      // Without permission to start threads there are no type notes.
      void this.#stop()
    }
  }

  #onMessage(worker: Worker, message: unknown): void {
    if (this.#phase.type === 'off') return
    if (this.#phase.type === 'checking') this.#waiting.shift()?.resolve(parseFindings(message))
    this.#next(worker)
  }

  #next(worker: Worker): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const [first] = this.#waiting
    this.#phase = { type: first === undefined ? 'ready' : 'checking', worker }
    if (first === undefined) return
    this.#limitTime(checkMs)
    worker.postMessage(first.request)
  }

  #limitTime(ms: number): void {
    this.#timer = setTimeout(() => void this.#stop(), ms)
    this.#timer.unref()
  }

  #turnOff(): void {
    this.#phase = { type: 'off' }
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { resolve } of this.#waiting.splice(0)) resolve([])
  }

  async #stop(): Promise<void> {
    const phase = this.#phase
    this.#turnOff()
    if (phase.type !== 'idle' && phase.type !== 'off') await endOf(phase.worker)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }
}

/** The worker ends the compiler's process before itself. */
async function endOf(worker: Worker): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<unknown>()
  worker.once('exit', resolve)
  worker.postMessage('stop')
  const timer = setTimeout(() => void worker.terminate().then(resolve), stopMs)
  await ended
  clearTimeout(timer)
}

function parseFindings(message: unknown): TypeFinding[] {
  const findings: unknown[] = Array.isArray(message) ? message : []
  return findings.flatMap((finding) => {
    const { code, start, end, text, isOfUnion } = isRecord(finding) ? finding : {}
    if (typeof code !== 'number' || typeof start !== 'number' || typeof end !== 'number') return []
    return typeof text === 'string' ? [{ code, start, end, text, isOfUnion: isOfUnion === true }] : []
  })
}
