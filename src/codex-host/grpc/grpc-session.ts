import { randomUUID } from 'node:crypto'
import { messageOf } from '../../errors.ts'
import type { CellNotification } from '../../session/api/session-options.ts'
import type { Invocation } from '../session/enabled-tools.ts'
import { GrpcRefusal, grpcStatus, type GrpcCall } from './grpc-call.ts'
import {
  callCancelledEvent,
  cellClosedEvent,
  notificationEvent,
  outcomeEvent,
  startedEvent,
  toolCallMessage,
  waitResponse,
  type Completion,
  type Execution,
} from './grpc-messages.ts'
import type {
  Delegate,
  ExecuteRequest,
  HostedSession,
  TerminateRequest,
  WaitRequest,
} from '../session/hosted-session.ts'
import type { ProtoWriter } from './protobuf.ts'
import { ToolFailure } from '../session/tool-failure.ts'

type Pending = { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void }

/**
 * A session of the gRPC protocol: events are sent on the call that opened it, nested calls on the one that subscribed.
 */
export class GrpcSession implements Delegate {
  readonly id: string = randomUUID()
  readonly #events: GrpcCall
  readonly #executions = new Map<string, Execution & { calls: number }>()
  readonly #observations = new Map<string, { readonly cancel: AbortController; readonly preempt: AbortController }>()
  readonly #pending = new Map<string, Pending>()
  #subscriber: GrpcCall | null = null
  /** Nested calls that wait for a subscriber. */
  #unsent: ProtoWriter[] = []

  constructor(events: GrpcCall) {
    this.#events = events
  }

  subscribe(call: GrpcCall): void {
    this.#subscriber?.finish()
    this.#subscriber = call
    call.open()
    for (const message of this.#unsent) call.send(message)
    this.#unsent = []
  }

  /** Ends the stream of events. */
  finish(): void {
    this.#subscriber?.finish()
    this.#events.finish()
  }

  async execute(hosted: HostedSession, executionId: string, request: ExecuteRequest, call: GrpcCall): Promise<void> {
    const preempt = new AbortController()
    this.#observations.set(executionId, { cancel: new AbortController(), preempt })
    let cellId = ''
    const abandon = (): void => {
      // A client that cancels the call does not need the cell either.
      void hosted.terminate({ cellId, maxOutputTokens: null }, () => undefined).catch(() => undefined)
    }
    try {
      await hosted.execute(request, {
        preempt: preempt.signal,
        onStarted: (id) => {
          cellId = id
          const execution = { executionId, cellId, calls: 0 }
          this.#executions.set(id, execution)
          call.send(startedEvent(execution))
          call.signal.addEventListener('abort', abandon, { once: true })
        },
        onResponse: (response) => {
          call.signal.removeEventListener('abort', abandon)
          call.finish(outcomeEvent(response))
        },
      })
    } finally {
      this.#observations.delete(executionId)
    }
  }

  async wait(hosted: HostedSession, waitId: string, request: WaitRequest, call: GrpcCall): Promise<void> {
    const cancel = new AbortController()
    const preempt = new AbortController()
    this.#observations.set(waitId, { cancel, preempt })
    try {
      await hosted.wait(request, {
        signal: AbortSignal.any([cancel.signal, call.signal]),
        preempt: preempt.signal,
        onResponse: (response) => {
          call.open(response.type === 'completed' ? { 'codex-code-mode-result-buffered-for-ns': '0' } : {})
          call.finish(waitResponse(response))
        },
      })
    } finally {
      this.#observations.delete(waitId)
    }
  }

  async terminate(hosted: HostedSession, request: TerminateRequest, call: GrpcCall): Promise<void> {
    await hosted.terminate(request, (response) => call.finish(waitResponse(response)))
  }

  /** Ends an observation early, with the output so far. */
  preempt(observationId: string): void {
    this.#observations.get(observationId)?.preempt.abort()
  }

  /** Cancels a wait. An execution continues: its cell has started. */
  cancelWait(waitId: string): void {
    this.#observations.get(waitId)?.cancel.abort(new GrpcRefusal(grpcStatus.cancelled, 'code-mode wait was cancelled'))
  }

  /** Settles a nested call. Returns false for a late, duplicate or unknown response, which has no effect. */
  complete(completion: Completion): boolean {
    const pending = this.#pending.get(completion.invocationId)
    if (pending === undefined) return false
    this.#pending.delete(completion.invocationId)
    if (completion.type === 'failed') pending.reject(new ToolFailure(completion.message))
    else pending.resolve(parseResult(completion.json, (error) => pending.reject(error)))
    return true
  }

  async invoke(invocation: Invocation, { signal }: { readonly signal: AbortSignal }): Promise<unknown> {
    const execution = this.#execution(invocation.cellId)
    const invocationId = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(invocationId, { resolve, reject })
    const cancel = (): void => {
      this.#pending.delete(invocationId)
      this.#events.send(callCancelledEvent(invocationId))
      reject(signal.reason)
    }
    signal.addEventListener('abort', cancel, { once: true })
    const to = { ...execution, sessionId: this.id, invocationId, sequence: ++execution.calls }
    const message = toolCallMessage(invocation, to)
    if (this.#subscriber === null) this.#unsent.push(message)
    else this.#subscriber.send(message)
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Clients of this protocol do not acknowledge notifications. */
  notify({ cellId, execCallId, text }: CellNotification): Promise<void> {
    const about = { notificationId: randomUUID(), callId: execCallId ?? '', text }
    this.#events.send(notificationEvent(this.#execution(cellId), about))
    return Promise.resolve()
  }

  cellClosed(cellId: string): void {
    const execution = this.#execution(cellId)
    this.#executions.delete(cellId)
    this.#events.send(cellClosedEvent(execution, execution.calls))
  }

  #execution(cellId: string): Execution & { calls: number } {
    return this.#executions.get(cellId) ?? { executionId: '', cellId, calls: 0 }
  }
}

/** A response that is not JSON fails its call. */
function parseResult(json: string, failed: (error: unknown) => void): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    failed(new ToolFailure(`code-mode client returned an invalid tool result: ${messageOf(error)}`))
    return undefined
  }
}
