import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { CodecellError, messageOf } from '../../errors.ts'
import { pemOf, type PeerTls } from './fleet/peer-tls.ts'

/** A request must arrive within a minute. Responses have no time limit. */
const times = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5000,
}

export type ListenOptions = {
  readonly address: string
  readonly port: number
  /** Certificates of nodes; null for plain HTTP. */
  readonly tls: PeerTls | null
}

/** A listening port. */
export interface ListeningServer extends AsyncDisposable {
  readonly port: number
  /** Accepts no further connections. Resolves when the last one has ended. */
  close(): Promise<void>
}

/**
 * Listens for requests.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the address cannot be used
 */
export async function listenHttp(options: ListenOptions, onRequest: RequestListener): Promise<ListeningServer> {
  const { address, port, tls } = options
  const http = tls === null ? createServer(times, onRequest) : secureServer(tls, onRequest)
  http.maxConnections = 500
  await listen(http, port, address)
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => (closed ??= new Promise((resolve) => void http.close(() => resolve())))
  return {
    port: portOf(http),
    close,
    async [Symbol.asyncDispose]() {
      const ended = close()
      http.closeAllConnections()
      await ended
    },
  }
}

function secureServer(tls: PeerTls, onRequest: RequestListener): Server {
  const options = {
    ...times,
    ...pemOf(tls),
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
  } as const
  try {
    return createSecureServer(options, onRequest)
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use the certificates of a node: ${messageOf(cause)}`, { cause })
  }
}

async function listen(http: Server, port: number, address: string): Promise<void> {
  const failed = Promise.withResolvers<void>()
  http.once('error', failed.reject)
  http.listen(port, address, () => failed.resolve())
  try {
    await failed.promise
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot listen on ${address}:${port}: ${messageOf(cause)}`, { cause })
  }
}

function portOf(http: Server): number {
  const address = http.address()
  return address === null || typeof address === 'string' ? 0 : address.port
}
