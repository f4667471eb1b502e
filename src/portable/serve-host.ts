import { InlineEngine } from '../host/quickjs/inline-engine.ts'
import { HostRuntime } from '../host/runtime.ts'
import { isRecord } from '../protocol/json.ts'
import { parseToHost } from '../protocol/parse-message.ts'
import type { FromHost } from '../protocol/message.ts'

/** The global object of a dedicated worker, or a port with the same methods. */
export interface WorkerScope {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

/** Interval at which the host reports while a program runs, in milliseconds. */
const reportMs = 50
/** Maximum number of emissions that are sent at once in each interval. The others wait for the end of the slice or the next report. */
const maxImmediate = 64

/**
 * Runs a host in this worker. It starts with the first message of the thread that started the worker.
 *
 * @default scope the global object
 * @example
 * ```ts
 * // host-worker.js
 * import { serveHost } from 'codecell/portable/worker'
 *
 * serveHost()
 * ```
 */
export function serveHost(scope: WorkerScope = globalScope()): void {
  let runtime: HostRuntime | null = null
  scope.addEventListener('message', ({ data }) => {
    if (runtime !== null) runtime.receive([parseToHost(data)])
    else if (isRecord(data) && data['wasm'] instanceof WebAssembly.Module) runtime = startRuntime(data['wasm'], scope)
  })
}

function startRuntime(wasm: WebAssembly.Module, scope: WorkerScope): HostRuntime {
  let reportedAt = performance.now()
  let immediate = 0
  const deliver = (messages: readonly FromHost[]): void => scope.postMessage(messages)
  // A running program blocks this thread, so its output and the replies to pings are sent while it runs.
  const engine = new InlineEngine(wasm, {
    onCheck() {
      if (!isDue()) return
      deliver([{ type: 'pong', id: 1 }])
      runtime.flush()
    },
    onEmission() {
      // The program may call a builtin that never returns.
      if (isDue() || immediate < maxImmediate) runtime.flush()
      immediate++
    },
  })
  const runtime = new HostRuntime(engine, { deliver, drained: () => Promise.resolve() })
  return runtime

  /** Returns whether an interval has ended, and then begins the next one. */
  function isDue(): boolean {
    if (performance.now() - reportedAt < reportMs) return false
    reportedAt = performance.now()
    immediate = 0
    return true
  }
}

/** Returns the global object of this worker, whose type is not that of Node. */
function globalScope(): WorkerScope {
  const scope: unknown = globalThis
  if (isWorkerScope(scope)) return scope
  throw new Error(
    'Cannot serve a host: expected a worker, got a thread without postMessage; start it with new Worker(…)',
  )
}

function isWorkerScope(value: unknown): value is WorkerScope {
  return (
    isRecord(value) && typeof value['postMessage'] === 'function' && typeof value['addEventListener'] === 'function'
  )
}
