import type { EventLog } from './event-log.ts'
import type { TurnScope } from './turn-scope.ts'

/** The model and provider of inferred requests. */
const unrecorded = { model: 'unrecorded', provider_name: 'codecell' } as const

/** The maximum number of requests in a chain: each request of a chain names all items before it. */
const maxChainLength = 1000

/**
 * Infers the conversation of a model whose requests are not recorded: each call came in a response, and each output is part of
 * the next request. Without it, cells would belong to no conversation and readers of traces would not show them.
 */
export class InferredConversation {
  readonly #log: EventLog
  /** The pending request and its turn. */
  #open: { readonly id: string; readonly scope: TurnScope } | null = null
  #previous: string | null = null
  /** Outputs that no request has. */
  #waiting: string[] = []
  #requests = 0

  constructor(log: EventLog) {
    this.#log = log
  }

  /** Records a call as the response to the pending request. */
  onCall(itemId: string, item: object, scope: TurnScope): void {
    const { id } = this.#open ?? this.#begin(scope)
    this.#open = null
    const response = `response:${id}`
    this.#log.append(scope, {
      type: 'inference_completed',
      inference_call_id: id,
      response_id: response,
      upstream_request_id: null,
      response_payload: this.#log.payload('inference_response', { response_id: response, output_items: [item] }),
    })
    this.#previous = response
    this.#log.append(scope, { type: 'history_item_accepted', item_id: itemId })
  }

  /** Records the output of a call as part of the next request, which belongs to a later turn if this one is over. */
  onResponse(itemId: string, item: string, scope: TurnScope, isTurnOver: boolean): void {
    this.#waiting.push(item)
    this.#log.acceptOutput(scope, itemId, item)
    if (this.#open === null && !isTurnOver) this.#open = this.#begin(scope)
  }

  /** Cancels the pending request: its response is not recorded. */
  close(reason: string): void {
    if (this.#open === null) return
    this.#log.append(this.#open.scope, {
      type: 'inference_cancelled',
      inference_call_id: this.#open.id,
      upstream_request_id: null,
      reason,
      partial_response_payload: null,
    })
    this.#open = null
  }

  #begin(scope: TurnScope): { readonly id: string; readonly scope: TurnScope } {
    const isLinked = this.#previous !== null && this.#requests % maxChainLength !== 0
    const members = {
      model: unrecorded.model,
      ...(isLinked ? { previous_response_id: this.#previous } : {}),
    }
    const request = this.#log.itemsPayload('inference_request', { input: this.#waiting }, members)
    this.#waiting = []
    this.#requests++
    const id = crypto.randomUUID()
    this.#log.append(scope, {
      type: 'inference_started',
      inference_call_id: id,
      thread_id: scope.threadId,
      codex_turn_id: scope.turnId,
      ...unrecorded,
      request_payload: request,
    })
    return { id, scope }
  }
}
