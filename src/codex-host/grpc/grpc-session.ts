import { randomUUID } from 'node:crypto'
import type { CellNotification } from '../../session/api/session-options.ts'
import type { Invocation } from '../session/enabled-tools.ts'
import type { GrpcCall } from './grpc-call.ts'
import {
  callCancelledEvent,
  cellClosedEvent,
  notificationEvent,
  outcomeEvent,
  startedEvent,
  toolCallMessage,
  waitResponse,
  type Completion,
  type Execute,
  type Execution,
  type Wait,
} from './grpc-messages.ts'
import { GrpcRefusal, grpcStatus } from './grpc-status.ts'
import type { Delegate, HostedSession, TerminateRequest } from '../session/hosted-session.ts'
import type { ProtoWriter } from './protobuf.ts'
import { ToolFailure } from '../session/tool-failure.ts'
import type { ToolName } from '../session/enabled-tools.ts'
import { ToolSubscriptions } from './tool-subscriptions.ts'

type Pending = { readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void }

type Observation = { readonly cancel: AbortController; readonly preempt: AbortController }

/** Maximum number of ids of finished executions and waits that a session remembers, to detect their reuse. */
const rememberedIds = 4096

/**
 * A session of the gRPC protocol: events are sent on the call that opened it, nested calls on the ones that subscribed.
 */
export class GrpcSession implements Delegate {
  readonly id: string = randomUUID()
  readonly #events: GrpcCall
  readonly #executions = new Map<string, Execution & { calls: number }>()
  readonly #observations = new Map<string, Observation>()
  readonly #executionIds = new RememberedIds('execution')
  readonly #waitIds = new RememberedIds('wait')
  readonly #pending = new Map<string, Pending>()
  readonly #subscriptions = new ToolSubscriptions()
  /** The terminations of cells whose execute was canceled. */
  readonly #abandoned = new Map<string, Promise<void>>()
  #isClosing = false

  constructor(events: GrpcCall) {
    this.#events = events
  }

  /** Sends nested calls on this call: those of some tools, or without names those of all tools. */
  subscribe(call: GrpcCall, tools: readonly ToolName[]): void {
    this.#subscriptions.add(call, tools)
  }

  /** Stops the events: the client that closes a session knows the end of its cells. Waits are canceled. */
  startClosing(): void {
    this.#isClosing = true
    for (const { cancel } of this.#observations.values()) cancel.abort(waitCancelled())
  }

  /** Ends the stream of events. */
  finish(): void {
    this.#subscriptions.finish()
    this.#events.finish()
  }

  async execute(hosted: HostedSession, { executionId, request }: Execute, call: GrpcCall): Promise<void> {
    this.#executionIds.add(executionId)
    const preempt = new AbortController()
    this.#observations.set(executionId, { cancel: new AbortController(), preempt })
    let cellId = ''
    const abandon = (): void => this.#abandon(hosted, cellId)
    try {
      await hosted.execute(request, {
        preempt: preempt.signal,
        onStarted: (id) => {
          cellId = id
          const execution = { executionId, cellId, calls: 0 }
          this.#executions.set(id, execution)
          call.send(startedEvent(execution))
          if (call.signal.aborted) abandon()
          else call.signal.addEventListener('abort', abandon, { once: true })
        },
        onResponse: (response) => {
          call.signal.removeEventListener('abort', abandon)
          call.finish(this.#isClosing ? null : outcomeEvent(response))
        },
      })
    } finally {
      this.#observations.delete(executionId)
    }
  }

  /** A client that cancels an execute does not need the cell either. */
  #abandon(hosted: HostedSession, cellId: string): void {
    const ended = hosted
      .terminate({ cellId, maxOutputTokens: null }, () => undefined)
      .catch(() => undefined)
      .finally(() => this.#abandoned.delete(cellId))
    this.#abandoned.set(cellId, ended)
  }

  async wait(hosted: HostedSession, { waitId, request }: Wait, call: GrpcCall): Promise<void> {
    this.#waitIds.add(waitId)
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
    // An agent cancels an execute and terminates its cell, which is missing then.
    await this.#abandoned.get(request.cellId)
    await hosted.terminate(request, (response) => call.finish(waitResponse(response)))
  }

  /** Ends an observation early, with the output so far. */
  preempt(observationId: string): void {
    this.#observations.get(observationId)?.preempt.abort()
  }

  /** Cancels a wait. An execution continues: its cell has started. */
  cancelWait(waitId: string): void {
    this.#observations.get(waitId)?.cancel.abort(waitCancelled())
  }

  /** Settles a nested call. Returns false for a late, duplicate or unknown response, which has no effect. */
  complete(completion: Completion): boolean {
    const pending = this.#pending.get(completion.invocationId)
    if (pending === undefined) return false
    this.#pending.delete(completion.invocationId)
    if (completion.type === 'failed') pending.reject(new ToolFailure(completion.message))
    else pending.resolve(completion.result)
    return true
  }

  async invoke(invocation: Invocation, { signal }: { readonly signal: AbortSignal }): Promise<unknown> {
    const execution = this.#execution(invocation.cellId)
    const invocationId = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(invocationId, { resolve, reject })
    const cancel = (): void => {
      this.#pending.delete(invocationId)
      this.#sendEvent(callCancelledEvent(invocationId))
      reject(signal.reason)
    }
    signal.addEventListener('abort', cancel, { once: true })
    const to = { ...execution, sessionId: this.id, invocationId, sequence: execution.calls + 1 }
    try {
      if (!this.#subscriptions.send(invocation.toolName, toolCallMessage(invocation, to))) {
        this.#pending.delete(invocationId)
        throw new ToolFailure('no code-mode tool subscription matches the requested tool')
      }
      execution.calls++
      return await promise
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Clients of this protocol do not acknowledge notifications. */
  notify({ cellId, execCallId, text }: CellNotification): Promise<void> {
    const about = { notificationId: randomUUID(), callId: execCallId ?? '', text }
    this.#sendEvent(notificationEvent(this.#execution(cellId), about))
    return Promise.resolve()
  }

  cellClosed(cellId: string): void {
    const execution = this.#execution(cellId)
    this.#executions.delete(cellId)
    this.#sendEvent(cellClosedEvent(execution, execution.calls))
  }

  #sendEvent(event: ProtoWriter): void {
    if (!this.#isClosing) this.#events.send(event)
  }

  #execution(cellId: string): Execution & { calls: number } {
    return this.#executions.get(cellId) ?? { executionId: '', cellId, calls: 0 }
  }
}

/** Ids that a client may use once. */
class RememberedIds {
  readonly #what: string
  readonly #ids = new Set<string>()

  constructor(what: string) {
    this.#what = what
  }

  add(id: string): void {
    if (this.#ids.has(id)) {
      throw new GrpcRefusal(grpcStatus.alreadyExists, `code-mode ${this.#what} ID \`${id}\` was reused`)
    }
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > rememberedIds && oldest !== undefined) this.#ids.delete(oldest)
  }
}

function waitCancelled(): GrpcRefusal {
  return new GrpcRefusal(grpcStatus.cancelled, 'code-mode wait was cancelled')
}
