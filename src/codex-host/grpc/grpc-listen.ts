import { createServer, performServerHandshake, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { CodecellError } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { ClientStream } from './client-stream.ts'
import { GrpcHost } from './grpc-host.ts'

const mebibyte = 2 ** 20
const unlimited = 2 ** 31 - 1

/**
 * The defaults of Node are for untrusted web clients. They would end a connection with a thousand pending nested calls,
 * or one whose client cancels one execute after another, which the agent does with each one after its response. A
 * malformed or refused call must not end the other calls of its connection either.
 */
const options: ServerOptions & Readonly<Record<`streamReset${'Burst' | 'Rate'}`, number>> = {
  settings: {
    initialWindowSize: mebibyte,
    maxFrameSize: 16_384,
    maxHeaderListSize: 16_384,
    maxConcurrentStreams: 16_384,
  },
  maxSessionMemory: 1024,
  maxSessionInvalidFrames: unlimited,
  maxSessionRejectedStreams: unlimited,
  streamResetBurst: unlimited,
  streamResetRate: unlimited,
}

/** Serves the one client on the other end of two streams until it disconnects. */
export async function serveGrpcStreams(streams: { input: Readable; output: Writable; hosts: HostPool }): Promise<void> {
  const host = new GrpcHost(streams.hosts)
  const ended = Promise.withResolvers<void>()
  const stream = new ClientStream(streams.input, streams.output, () => ended.resolve())
  stream.on('error', () => ended.resolve())
  const session = performServerHandshake(stream, options)
  session.on('close', () => ended.resolve())
  accept(session, host)
  await ended.promise
  session.destroy()
  // The owner of the hosts ends the cells.
  void host.close()
}

export type GrpcListener = AsyncDisposable & { readonly port: number }

/**
 * Listens on a port of this machine, 0 for any free one.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the port is unavailable
 */
export async function listenGrpc(address: { host: string; port: number; hosts: HostPool }): Promise<GrpcListener> {
  const host = new GrpcHost(address.hosts)
  const server = createServer(options)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    accept(session, host)
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause) =>
      reject(
        new CodecellError('INVALID_OPTION', `Cannot listen on ${address.host}:${address.port}: ${cause.message}`, {
          cause,
        }),
      ),
    )
    server.listen(address.port, address.host, resolve)
  })
  const bound = server.address()
  return {
    port: portOf(bound) ?? address.port,
    async [Symbol.asyncDispose]() {
      await host.close()
      for (const session of sessions) session.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function portOf(bound: AddressInfo | string | null): number | null {
  return typeof bound === 'object' && bound !== null ? bound.port : null
}

function accept(session: ServerHttp2Session, host: GrpcHost): void {
  // Streams end with a client that breaks the protocol, and abort their calls.
  session.on('error', () => undefined)
  session.setLocalWindowSize(16 * mebibyte)
  session.on('stream', (stream, headers) => void host.serve(stream, headers))
}
