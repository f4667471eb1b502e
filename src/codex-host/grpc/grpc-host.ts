import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { CodecellError, messageOf } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { GrpcCall, GrpcRefusal, grpcStatus } from './grpc-call.ts'
import {
  openedEvent,
  parseCompletion,
  parseExecute,
  parseObservation,
  parseOpen,
  parseSessionId,
  parseTerminate,
  parseWait,
} from './grpc-messages.ts'
import { GrpcSession } from './grpc-session.ts'
import { HostedSession, unknownSession } from '../session/hosted-session.ts'
import { ProtoWriter, type ProtoReader } from './protobuf.ts'

const service = '/codex.code_mode.v1.CodeModeHost/'

type OpenSession = { readonly session: GrpcSession; readonly hosted: HostedSession }

type Method = (call: GrpcCall, message: ProtoReader) => Promise<void>

/** The service `codex.code_mode.v1.CodeModeHost`: its sessions, over all connections. */
export class GrpcHost {
  readonly #hosts: HostPool
  readonly #sessions = new Map<string, OpenSession>()
  readonly #methods: ReadonlyMap<string, Method>

  constructor(hosts: HostPool) {
    this.#hosts = hosts
    this.#methods = new Map(
      Object.entries<Method>({
        OpenSession: (call, message) => this.#open(call, message),
        CloseSession: (call, message) => this.#close(call, message),
        SubscribeToToolCalls: async (call, message) => this.#find(message).session.subscribe(call),
        CompleteToolCall: async (call, message) => this.#complete(call, message),
        AcknowledgeNotification: async (call) => call.finish(new ProtoWriter()),
        GetProcessMetrics: async (call) => call.fail(grpcStatus.unimplemented, 'process metrics are unsupported'),
        Execute: (call, message) => this.#execute(call, message),
        Wait: (call, message) => this.#wait(call, message),
        Terminate: (call, message) => this.#terminate(call, message),
        YieldObservation: async (call, message) => {
          this.#find(message).session.preempt(parseObservation(message))
          call.finish(new ProtoWriter())
        },
        CancelWait: async (call, message) => {
          this.#find(message).session.cancelWait(message.text(2))
          call.finish(new ProtoWriter())
        },
      }),
    )
  }

  /** Serves one call. An error becomes the status of the call. */
  async serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const call = new GrpcCall(stream)
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
    const end = (): void => void this.#end(session.id)
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
    await open?.hosted.close()
    open?.session.finish()
  }

  #find(message: ProtoReader): OpenSession {
    const sessionId = parseSessionId(message)
    const open = this.#sessions.get(sessionId)
    if (open === undefined) throw unknownSession(sessionId)
    return open
  }

  async #execute(call: GrpcCall, message: ProtoReader): Promise<void> {
    const { session, hosted } = this.#find(message)
    const { executionId, request } = parseExecute(message)
    await session.execute(hosted, notEmpty('execution ID', executionId), request, call)
  }

  async #wait(call: GrpcCall, message: ProtoReader): Promise<void> {
    const { session, hosted } = this.#find(message)
    const { waitId, request } = parseWait(message)
    notEmpty('cell ID', request.cellId)
    await session.wait(hosted, notEmpty('wait ID', waitId), request, call)
  }

  async #terminate(call: GrpcCall, message: ProtoReader): Promise<void> {
    const { session, hosted } = this.#find(message)
    const request = parseTerminate(message)
    notEmpty('cell ID', request.cellId)
    await session.terminate(hosted, request, call)
  }

  #complete(call: GrpcCall, message: ProtoReader): void {
    const completion = parseCompletion(message)
    if (this.#find(message).session.complete(completion)) return call.finish(new ProtoWriter())
    throw new GrpcRefusal(grpcStatus.notFound, `unknown code-mode tool invocation ${completion.invocationId}`)
  }

  /** Closes every session: their client is gone. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#sessions.keys()].map((id) => this.#end(id)))
  }
}

function notEmpty(what: string, value: string): string {
  if (value !== '') return value
  throw new CodecellError('PROTOCOL_VIOLATION', `code-mode ${what} must not be empty`)
}

function statusOf(error: unknown): number {
  if (error instanceof GrpcRefusal) return error.status
  if (!(error instanceof CodecellError)) return grpcStatus.internal
  switch (error.code) {
    case 'SESSION_CLOSED':
      return grpcStatus.notFound
    case 'FRAME_TOO_LARGE':
    case 'PROTOCOL_VIOLATION':
    case 'INVALID_OPTION':
      return grpcStatus.invalidArgument
    case 'CELL_BUSY':
    case 'CELL_TERMINATING':
    case 'LIMIT_EXCEEDED':
      return grpcStatus.failedPrecondition
    default:
      return grpcStatus.internal
  }
}
