import { createServer, performServerHandshake, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { CodecellError } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { GrpcHost } from './grpc-host.ts'

const mebibyte = 2 ** 20

/**
 * The defaults of Node are for untrusted web clients. They would end a connection with a thousand pending nested calls,
 * or one whose client cancels one execute after another, which the agent does with each one after its response.
 */
const options: ServerOptions & { streamResetBurst: number; streamResetRate: number } = {
  settings: {
    initialWindowSize: mebibyte,
    maxFrameSize: 16_384,
    maxHeaderListSize: 16_384,
    maxConcurrentStreams: 16_384,
  },
  maxSessionMemory: 1024,
  streamResetBurst: 100_000,
  streamResetRate: 10_000,
}

/** Serves the one client on the other end of two streams until it disconnects. */
export async function serveGrpcStreams(streams: { input: Readable; output: Writable; hosts: HostPool }): Promise<void> {
  const host = new GrpcHost(streams.hosts)
  const socket = Duplex.from({ readable: streams.input, writable: streams.output })
  const ended = Promise.withResolvers<void>()
  socket.on('error', () => ended.resolve())
  streams.input.on('end', () => ended.resolve())
  const session = performServerHandshake(socket, options)
  accept(session, host)
  session.on('close', () => ended.resolve())
  await ended.promise
  session.destroy()
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
