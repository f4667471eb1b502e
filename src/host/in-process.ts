import type { FromHost } from '../protocol/message.ts'
import type { Transport, TransportEnd } from '../protocol/transport.ts'
import { HostRuntime } from './runtime.ts'
import { v8Engine } from './v8/v8-engine.ts'

/**
 * Starts a host inside this process. There are no frames and no second process, and therefore no boundary: a crash of
 * V8 crashes this process, and nothing monitors memory from outside. Node must have been started with
 * `--no-node-snapshot`.
 */
export function startInProcessHost(): Transport {
  let listener: ((messages: readonly FromHost[]) => void) | null = null
  const { promise: ended, resolve: end } = Promise.withResolvers<TransportEnd>()
  const runtime = new HostRuntime(v8Engine, {
    deliver(messages) {
      listener?.(messages)
    },
    drained: () => Promise.resolve(),
  })
  const stop = (): void => {
    listener = null
    runtime.dispose()
    end({ type: 'closed' })
  }
  return {
    isLink: false,
    unsentBytes: 0,
    sentBytes: 0,
    drained: () => Promise.resolve(),
    send: (message) => runtime.receive([message]),
    listen(onMessages) {
      listener = onMessages
    },
    ended,
    kill: stop,
    residentBytes: () => null,
    [Symbol.asyncDispose]: () => {
      stop()
      return Promise.resolve()
    },
  }
}
