import type { Delegate } from '../session/hosted-session.ts'
import type { DelegateResponse } from './framed-messages.ts'
import { ToolFailure } from '../session/tool-failure.ts'
import type { MessageId } from './wire-object.ts'

type Pending = { readonly resolve: (response: DelegateResponse) => void; readonly reject: (reason: unknown) => void }

/** Nested calls and notifications that a framed connection has sent to its client, of all its sessions. */
export class FramedDelegate {
  readonly #send: (message: object) => void
  readonly #pending = new Map<MessageId, Pending>()
  #nextId = 1

  constructor(send: (message: object) => void) {
    this.#send = send
  }

  /** Returns the delegate of one session. */
  of(sessionId: string): Delegate {
    return {
      invoke: async (invocation, { signal }) => {
        const { cellId, runtimeToolCallId, toolName, toolKind, input } = invocation
        const body = {
          cell_id: cellId,
          runtime_tool_call_id: runtimeToolCallId,
          tool_name: toolName,
          tool_kind: toolKind,
          input: input ?? null,
        }
        const response = await this.#request(sessionId, { type: 'tool/invoke', invocation: body }, signal)
        if (response.type === 'result') return response.value
        throw new ToolFailure(
          response.type === 'failed' ? response.message : 'code-mode client returned an invalid tool result',
        )
      },
      notify: async ({ execCallId, cellId, text }, { signal }) => {
        const request = { type: 'notification/send', callId: execCallId ?? '', cellId, text }
        await this.#request(sessionId, request, signal)
      },
      cellClosed: (cellId) => this.#send({ type: 'cell/closed', sessionId, cellId }),
    }
  }

  async #request(sessionId: string, request: object, signal: AbortSignal): Promise<DelegateResponse> {
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<DelegateResponse>()
    const cancel = (): void => {
      // A response that is on its way will name an unknown call, and is skipped.
      this.#pending.delete(id)
      this.#send({ type: 'delegate/cancel', id })
      reject(signal.reason)
    }
    this.#pending.set(id, { resolve, reject })
    try {
      this.#send({ type: 'delegate/request', id, sessionId, request })
    } catch (error) {
      this.#pending.delete(id)
      throw error
    }
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Late, duplicate and unknown responses have no effect. */
  settle(id: MessageId, response: DelegateResponse): void {
    this.#pending.get(id)?.resolve(response)
    this.#pending.delete(id)
  }
}
