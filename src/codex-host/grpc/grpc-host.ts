import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { messageOf } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { GrpcCall } from './grpc-call.ts'
import {
  openedEvent,
  parseCancelWait,
  parseCompletion,
  parseExecute,
  parseNotificationId,
  parseObservation,
  parseOpen,
  parseSessionId,
  parseSubscription,
  parseTerminate,
  parseWait,
} from './grpc-messages.ts'
import { GrpcSession } from './grpc-session.ts'
import { GrpcRefusal, grpcStatus, statusOf } from './grpc-status.ts'
import { HostedSession, unknownSession } from '../session/hosted-session.ts'
import { ProtoWriter, type ProtoReader } from './protobuf.ts'

const service = '/codex.code_mode.v1.CodeModeHost/'

type OpenSession = { readonly session: GrpcSession; readonly hosted: HostedSession }

type Method = (call: GrpcCall, message: ProtoReader) => Promise<void>

/** A method about an open session. Its request is parsed completely before it has an effect. */
type SessionMethod = (call: GrpcCall, message: ProtoReader, open: OpenSession) => Promise<void> | void

/** The service `codex.code_mode.v1.CodeModeHost`: its sessions, over all connections. */
export class GrpcHost {
  readonly #hosts: HostPool
  readonly #sessions = new Map<string, OpenSession>()
  readonly #methods: ReadonlyMap<string, Method>

  constructor(hosts: HostPool) {
    this.#hosts = hosts
    const own: Readonly<Record<string, Method>> = {
      OpenSession: (call, message) => this.#open(call, message),
      CloseSession: (call, message) => this.#close(call, message),
      GetProcessMetrics: async (call) => call.fail(grpcStatus.unimplemented, 'process metrics are unsupported'),
    }
    const ofSessions = Object.entries(sessionMethods).map(([name, method]): [string, Method] => [
      name,
      async (call, message) => await method(call, message, this.#find(message)),
    ])
    this.#methods = new Map([...Object.entries(own), ...ofSessions])
  }

  /** Serves one call. An error becomes the status of the call; this never rejects. */
  async serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const call = new GrpcCall(stream, headers)
    try {
      const path = String(headers[':path'])
      const method = path.startsWith(service) ? this.#methods.get(path.slice(service.length)) : undefined
      if (method === undefined) return call.fail(grpcStatus.unimplemented, '')
      await method(call, await call.request())
    } catch (error) {
      call.fail(statusOf(error), messageOf(error))
    }
  }

  async #open(call: GrpcCall, message: ProtoReader): Promise<void> {
    const request = parseOpen(message)
    const session = new GrpcSession(call)
    const hosted = await HostedSession.open({ hosts: this.#hosts, delegate: session, ...request })
    this.#sessions.set(session.id, { session, hosted })
    const end = (): void => void this.#end(session.id).catch(() => undefined)
    if (call.signal.aborted) return end()
    // A client that cancels this call closes the session.
    call.signal.addEventListener('abort', end, { once: true })
    call.send(openedEvent(session.id, request.truncation))
  }

  async #close(call: GrpcCall, message: ProtoReader): Promise<void> {
    const { session } = this.#find(message)
    await this.#end(session.id)
    call.finish(new ProtoWriter())
  }

  async #end(sessionId: string): Promise<void> {
    const open = this.#sessions.get(sessionId)
    this.#sessions.delete(sessionId)
    open?.session.startClosing()
    await open?.hosted.close()
    open?.session.finish()
  }

  #find(message: ProtoReader): OpenSession {
    const sessionId = parseSessionId(message)
    const open = this.#sessions.get(sessionId)
    if (open === undefined) throw unknownSession(sessionId)
    return open
  }

  /** Closes every session: their client is gone. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#sessions.keys()].map((id) => this.#end(id)))
  }
}

const sessionMethods: Readonly<Record<string, SessionMethod>> = {
  SubscribeToToolCalls: (call, message, { session }) => session.subscribe(call, parseSubscription(message)),
  Execute: (call, message, { session, hosted }) => session.execute(hosted, parseExecute(message), call),
  Wait: (call, message, { session, hosted }) => session.wait(hosted, parseWait(message), call),
  Terminate: (call, message, { session, hosted }) => session.terminate(hosted, parseTerminate(message), call),
  CompleteToolCall: (call, message, { session }) => {
    const completion = parseCompletion(message)
    if (session.complete(completion)) return call.finish(new ProtoWriter())
    throw new GrpcRefusal(grpcStatus.notFound, `unknown code-mode tool invocation ${completion.invocationId}`)
  },
  // The end of a cell does not wait for its notifications.
  AcknowledgeNotification: (call, message) => {
    parseNotificationId(message)
    call.finish(new ProtoWriter())
  },
  YieldObservation: (call, message, { session }) => {
    session.preempt(parseObservation(message))
    call.finish(new ProtoWriter())
  },
  CancelWait: (call, message, { session }) => {
    session.cancelWait(parseCancelWait(message))
    call.finish(new ProtoWriter())
  },
}
