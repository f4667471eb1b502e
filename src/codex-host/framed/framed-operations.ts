import { CodecellError, messageOf } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { HostedSession, unknownSession } from '../session/hosted-session.ts'
import type { CodexResponse } from '../session/response.ts'
import type { FramedDelegate } from './framed-delegate.ts'
import type { SessionRequest } from './framed-messages.ts'
import type { MessageId } from './wire-object.ts'

/** A pending request. */
type Operation = { readonly cancel: AbortController; readonly preempt: AbortController; readonly canCancel: boolean }

type FramedOperationsOptions = {
  readonly hosts: HostPool
  readonly delegate: FramedDelegate
  readonly send: (message: object) => void
}

type ResponseType = 'operation/response' | 'execute/initialResponse'

/** The sessions of a framed connection, and the pending requests about them. */
export class FramedOperations {
  readonly #options: FramedOperationsOptions
  readonly #sessions = new Map<string, Promise<HostedSession> | 'closed'>()
  readonly #pending = new Map<MessageId, Operation>()

  constructor(options: FramedOperationsOptions) {
    this.#options = options
  }

  /** Returns whether a request with this id has no final response. */
  isPending(id: MessageId): boolean {
    return this.#pending.has(id)
  }

  /** Starts a request. Its failure is its response. */
  async start(id: MessageId, request: SessionRequest): Promise<void> {
    const operation = {
      cancel: new AbortController(),
      preempt: new AbortController(),
      canCancel: request.type === 'wait',
    }
    // Before the first await: the client may cancel in its next message.
    this.#pending.set(id, operation)
    try {
      await this.#run(id, request, operation)
    } catch (error) {
      this.fail(id, messageOf(error))
    } finally {
      this.#pending.delete(id)
    }
  }

  /** Responds to a request with an error. */
  fail(id: MessageId, message: string): void {
    this.#options.send({ type: 'operation/response', id, result: { status: 'error', message } })
  }

  /** Cancels a wait. A started cell keeps running, and so does its first observation. */
  cancel(id: MessageId): void {
    const operation = this.#pending.get(id)
    if (operation?.canCancel === true) operation.cancel.abort(cancelled())
  }

  /** Ends an observation with the output so far. */
  preempt(id: MessageId): void {
    this.#pending.get(id)?.preempt.abort()
  }

  /** Closes sessions in the background: the owner of the hosts ends them. */
  closeSessions(): void {
    for (const session of this.#sessions.values()) {
      if (session !== 'closed') void session.then((open) => open.close()).catch(() => undefined)
    }
  }

  async #run(id: MessageId, request: SessionRequest, operation: Operation): Promise<void> {
    switch (request.type) {
      case 'open':
        return await this.#open(id, request)
      case 'shutdown':
        return await this.#shutdown(id, request.sessionId)
      case 'execute':
      case 'wait':
      case 'terminate':
        return await this.#operate(id, request, operation)
      default:
        return request satisfies never
    }
  }

  async #open(id: MessageId, request: Extract<SessionRequest, { type: 'open' }>): Promise<void> {
    const { sessionId, truncation, maxYieldTimeMs, maxHeapSizeBytes } = request
    const known = this.#sessions.get(sessionId)
    if (known !== undefined) {
      const state = known === 'closed' ? 'was reused' : 'is already open'
      throw new CodecellError('INVALID_OPTION', `code-mode session ID \`${sessionId}\` ${state}`)
    }
    const { hosts } = this.#options
    const delegate = this.#options.delegate.of(sessionId)
    const session = HostedSession.open({ hosts, delegate, truncation, maxYieldTimeMs, maxHeapSizeBytes })
    this.#sessions.set(sessionId, session)
    await session
    this.#respond(id, { type: 'session/ready', sessionId })
  }

  /** Returns the session once it is open: a client need not wait for that. */
  async #session(sessionId: string): Promise<HostedSession> {
    const session = this.#sessions.get(sessionId)
    if (session === undefined || session === 'closed') throw unknownSession(sessionId)
    return await session
  }

  async #shutdown(id: MessageId, sessionId: string): Promise<void> {
    const session = this.#session(sessionId)
    if (this.#sessions.has(sessionId)) this.#sessions.set(sessionId, 'closed')
    await (await session).close()
    this.#respond(id, { type: 'session/closed', sessionId })
  }

  async #operate(
    id: MessageId,
    request: Extract<SessionRequest, { type: 'execute' | 'wait' | 'terminate' }>,
    { cancel, preempt }: Operation,
  ): Promise<void> {
    const onResponse = (response: CodexResponse): void => {
      const form = response.isMissing ? 'MissingCell' : 'LiveCell'
      this.#respond(id, { type: 'wait/completed', outcome: { [form]: responseOf(response) } })
    }
    const session = await this.#session(request.sessionId)
    if (request.type === 'terminate') return await session.terminate(request.request, onResponse)
    if (request.type === 'wait') {
      return await session.wait(request.request, { signal: cancel.signal, preempt: preempt.signal, onResponse })
    }
    await session.execute(request.request, {
      preempt: preempt.signal,
      onStarted: (cellId) => this.#respond(id, { type: 'execution/started', cellId }),
      onResponse: (response) => this.#respond(id, responseOf(response), 'execute/initialResponse'),
    })
  }

  #respond(id: MessageId, value: object, type: ResponseType = 'operation/response'): void {
    const { send } = this.#options
    try {
      send({ type, id, result: { status: 'ok', value } })
    } catch (error) {
      const what = type === 'operation/response' ? 'host' : 'initial'
      const message = `code-mode ${what} response exceeds the IPC frame limit: ${messageOf(error)}`
      send({ type, id, result: { status: 'error', message } })
    }
  }
}

function responseOf({ type, cellId, items, errorText, durationNs }: CodexResponse): object {
  const body = { cell_id: cellId, content_items: items satisfies readonly ContentItem[] }
  if (type === 'yielded') return { Yielded: { ...body, code_mode_host_duration_ns: durationNs } }
  if (type === 'terminated') return { Terminated: { ...body, code_mode_host_duration_ns: durationNs } }
  const timing = { result_buffered_for_ns: 0, code_mode_host_duration_ns: durationNs }
  return { Result: { ...body, error_text: errorText, ...timing } }
}

function cancelled(): CodecellError {
  return new CodecellError('SESSION_CLOSED', 'code-mode request cancelled')
}
