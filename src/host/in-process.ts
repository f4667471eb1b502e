import { messageOf } from '../errors.ts'
import type { FromHost, ToHost } from '../protocol/message.ts'
import type { Transport, TransportEnd } from '../protocol/transport.ts'
import type { Engine } from './engine/engine.ts'
import { HostRuntime } from './runtime.ts'
import { loadV8 } from './v8/load-v8.ts'

/**
 * Starts a host inside this process. There are no frames and no second process: nothing monitors its memory from outside. Messages
 * wait until the engine is loaded, which the host disposes. If that fails, the host ends with the reason.
 */
export function startInProcessHost(loadEngine: () => Promise<Engine> = loadV8): Transport {
  let listener: ((messages: readonly FromHost[]) => void) | null = null
  let runtime: HostRuntime | null = null
  let waiting: ToHost[] = []
  let isStopped = false
  const { promise: ended, resolve: end } = Promise.withResolvers<TransportEnd>()
  const stop = (how: TransportEnd): void => {
    isStopped = true
    listener = null
    runtime?.dispose()
    end(how)
  }
  void loadEngine().then(
    (engine) => {
      if (isStopped) return
      runtime = new HostRuntime(engine, {
        deliver(messages) {
          listener?.(messages)
        },
        drained: () => Promise.resolve(),
      })
      runtime.receive(waiting)
      waiting = []
    },
    (cause: unknown) => stop(endOf(cause)),
  )
  return {
    isLink: false,
    unsentBytes: 0,
    sentBytes: 0,
    drained: () => Promise.resolve(),
    send(message) {
      if (runtime !== null) runtime.receive([message])
      else if (!isStopped) waiting.push(message)
    },
    listen(onMessages) {
      listener = onMessages
    },
    ended,
    kill: () => stop({ type: 'closed' }),
    residentBytes: () => null,
    [Symbol.asyncDispose]: () => {
      stop({ type: 'closed' })
      return Promise.resolve()
    },
  }
}

/** Returns the end of a host whose engine does not load. */
function endOf(cause: unknown): TransportEnd {
  return { type: 'lost', reason: `the engine does not load: ${messageOf(cause)}`, detail: '', cause }
}
