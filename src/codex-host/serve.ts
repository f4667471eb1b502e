import type { Readable, Writable } from 'node:stream'
import { CodecellError } from '../errors.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool } from '../session/hosts/host-pool.ts'
import { FramedConnection } from './framed/framed-connection.ts'
import { listenGrpc, serveGrpcStreams, type GrpcListener } from './grpc/grpc-listen.ts'
import { checkOptions } from '../options/check-options.ts'

/** How an agent reaches a code-mode host: over its standard streams in one of two protocols, or over a port. */
export type CodexHostAddress =
  | { readonly type: 'framed' }
  | { readonly type: 'grpc-stdio' }
  | { readonly type: 'grpc'; readonly host: string; readonly port: number }

export type CodexHostOptions = {
  /** Where cells run. Default: a pool of two hosts in the time zone and with the locale of this machine. */
  readonly hosts?: HostPool
}

/** Reads what an agent passes to `--listen`; null, for nothing, is the framed protocol. Throws `INVALID_OPTION`. */
export function parseCodexHostAddress(listen: string | null): CodexHostAddress {
  if (listen === null) return { type: 'framed' }
  if (listen === 'grpc+stdio://') return { type: 'grpc-stdio' }
  const url = URL.parse(listen)
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (url?.protocol === 'grpc:' && url.port !== '' && loopback.has(host)) {
    return { type: 'grpc', host, port: Number(url.port) }
  }
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot listen on "${listen}": "grpc+stdio://" and "grpc://127.0.0.1:PORT" are known`,
  )
}

/** Whoever reaches the port can run programs and answer their calls, so it is for this machine alone. */
const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * Serves the code-mode host protocols of OpenAI Codex to the client on two streams, until it is gone. Throws
 * `PROTOCOL_VIOLATION` and `FRAME_TOO_LARGE` for a framed client that cannot be understood.
 */
export async function serveCodexHost(
  streams: { readonly input: Readable; readonly output: Writable },
  protocol: 'framed' | 'grpc',
  options: CodexHostOptions = {},
): Promise<void> {
  checkOptions<CodexHostOptions>('serveCodexHost', options, { hosts: 'any' })
  await using owned = options.hosts === undefined ? localHosts() : null
  const hosts = options.hosts ?? owned
  if (hosts === null) return
  warm(hosts)
  if (protocol === 'framed') await FramedConnection.serve({ ...streams, hosts })
  else await serveGrpcStreams({ ...streams, hosts })
}

/** Serves the same over a port of this machine, for `codex app-server --code-mode-host`. Dispose it to end it. */
export async function listenForCodex(
  address: { readonly host: string; readonly port: number },
  options: CodexHostOptions = {},
): Promise<GrpcListener> {
  checkOptions<CodexHostOptions>('listenForCodex', options, { hosts: 'any' })
  const hosts = options.hosts ?? localHosts()
  warm(hosts)
  const listener = await listenGrpc({ ...address, hosts })
  return {
    port: listener.port,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      if (options.hosts === undefined) await hosts[Symbol.asyncDispose]()
    },
  }
}

/** A host process is ready by the time that the agent has shaken hands. */
function warm(hosts: HostPool): void {
  // Whoever opens a session is told what is wrong.
  hosts.warm().catch(() => undefined)
}

/** Programs of an agent that is used by one person see that person's clock and language, as in the reference. */
function localHosts(): HostPool {
  const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions()
  return createHostPool({ memoryMb: hostedMemoryMb, timeZone, locale })
}

const hostedMemoryMb = 512
