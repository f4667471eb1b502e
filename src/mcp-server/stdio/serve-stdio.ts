import { serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio'
import { callListener } from '../../session/common/call-listener.ts'
import type { CodecellMcpServer } from '../create-mcp-server.ts'
import { checkOptions } from '../../options/check-options.ts'
import { StdioWire } from './stdio-wire.ts'

/**
 * Serves the client on the standard streams until it closes its end or `signal` aborts. Then its cells are terminated. Those of a
 * stored session are kept, even if their `exec` has no response yet; when `signal` aborts, their calls respond with the output so far.
 * Standard output carries only the protocol.
 */
export async function serveStdio(
  server: CodecellMcpServer,
  options: { readonly signal?: AbortSignal; readonly onError?: (error: Error) => void } = {},
): Promise<void> {
  checkOptions('serveStdio', options, { signal: 'any', onError: 'function' })
  const { signal, onError } = options
  await using client = server.connectClient()
  const disconnected = Promise.withResolvers<void>()
  // The client must be closed before the connection cancels its calls: an abandoned call terminates its cell.
  const end = (): void => disconnected.resolve(client[Symbol.asyncDispose]())
  const drain = (): void => disconnected.resolve(client.drain({ timeoutMs: 0 }))
  process.stdin.once('end', end).once('close', end).once('error', end)
  signal?.addEventListener('abort', drain, { once: true })
  if (signal?.aborted === true) drain()
  const connection = serveConnection(() => client.build(), {
    transport: new StdioWire(process.stdin, process.stdout),
    onerror: (error) => callListener('onError', () => onError?.(error)),
  })
  try {
    await disconnected.promise
  } finally {
    signal?.removeEventListener('abort', drain)
    process.stdin.off('end', end).off('close', end).off('error', end)
    await connection.close()
  }
}
