import type { Readable, Writable } from 'node:stream'
import { CodecellError } from '../errors.ts'
import { defaultEngine } from '../protocol/default-engine.ts'
import { engineChoices, type EngineChoice } from '../protocol/engine-name.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import { FramedConnection } from './framed/framed-connection.ts'
import { listenGrpc, serveGrpcStreams, type GrpcListener } from './grpc/grpc-listen.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

/** The address of a code-mode host: the standard streams of the process in one of two protocols, or a port. */
export type CodexHostAddress =
  | { readonly type: 'framed' }
  | { readonly type: 'grpc-stdio' }
  | { readonly type: 'grpc'; readonly host: string; readonly port: number }

export type CodexHostOptions = {
  /**
   * The host pool that runs cells.
   *
   * @default a pool of two hosts with the time zone and the locale of this machine
   */
  readonly hosts?: HostPool
  /**
   * The engine of the cells, without `hosts`. See `docs/engines.md`.
   *
   * @default 'v8'
   */
  readonly engine?: EngineChoice
  /**
   * Called with the reason when a message of a client is ignored: it is malformed, and no request can be named that
   * would receive the error.
   *
   * @default the message is ignored without a report
   */
  readonly onIgnoredMessage?: (reason: string) => void
}

/**
 * Parses the value of `--listen`; null without one means the framed protocol.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
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
    `Cannot listen on "${listen}": expected "grpc+stdio://" or "grpc://127.0.0.1:PORT"`,
  )
}

/** A client of the port can run programs and respond to their calls, so it listens on loopback only. */
const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * Serves the code-mode host protocols of OpenAI Codex to the client on two streams, until it disconnects.
 *
 * @throws {CodecellError} `PROTOCOL_VIOLATION`, `FRAME_TOO_LARGE` for a framed client with a malformed hello or an
 *   impossible frame length
 */
export async function serveCodexHost(
  streams: { readonly input: Readable; readonly output: Writable },
  protocol: 'framed' | 'grpc',
  options: CodexHostOptions = {},
): Promise<void> {
  checkOptions<CodexHostOptions>('serveCodexHost', options, optionKinds)
  await using owned = options.hosts === undefined ? localHosts(options) : null
  const hosts = options.hosts ?? owned
  if (hosts === null) return
  warm(hosts)
  const { onIgnoredMessage = () => undefined } = options
  if (protocol === 'framed') await FramedConnection.serve({ ...streams, hosts, onIgnoredMessage })
  else await serveGrpcStreams({ ...streams, hosts })
}

/**
 * Serves the same over a port of this machine, for `codex app-server --code-mode-host`. Dispose the result to stop
 * listening.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export async function listenForCodex(
  address: { readonly host: string; readonly port: number },
  options: CodexHostOptions = {},
): Promise<GrpcListener> {
  checkOptions<CodexHostOptions>('listenForCodex', options, optionKinds)
  const hosts = options.hosts ?? localHosts(options)
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

const optionKinds: OptionNames<CodexHostOptions> = {
  hosts: 'any',
  engine: engineChoices,
  onIgnoredMessage: 'function',
}

/** Starts a host process while the agent performs its handshake. */
function warm(hosts: HostPool): void {
  // A client that opens a session receives the error.
  hosts.warm().catch(() => undefined)
}

/** Programs of an agent with one user see the time zone and the locale of that user, as in the reference. */
function localHosts({ engine = defaultEngine }: CodexHostOptions): HostPool {
  const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions()
  return createHostPool({ memoryMb: hostedMemoryMb, engine, timeZone, locale })
}

const hostedMemoryMb = 512
