import type { EventScope } from '../bundle/bundle-writer.ts'
import type { EventLog } from './event-log.ts'

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
  readonly #scope: () => { readonly threadId: string; readonly turnId: string }
  /** The pending request. */
  #open: string | null = null
  #previous: string | null = null
  #waiting: object[] = []
  #requests = 0

  constructor(log: EventLog, scope: () => { readonly threadId: string; readonly turnId: string }) {
    this.#log = log
    this.#scope = scope
  }

  /** Records a call as the response to the pending request. */
  onCall(item: { readonly id: string }): void {
    const inference = this.#open ?? this.#begin()
    this.#open = null
    const response = `response:${inference}`
    this.#log.append(this.#scope(), {
      type: 'inference_completed',
      inference_call_id: inference,
      response_id: response,
      upstream_request_id: null,
      response_payload: this.#log.payload('inference_response', { response_id: response, output_items: [item] }),
    })
    this.#previous = response
    this.#accept(item)
  }

  /** Records the output of a call as part of the next request. */
  onResponse(item: { readonly id: string }): void {
    this.#waiting.push(item)
    this.#accept(item)
    if (this.#open === null) this.#open = this.#begin()
  }

  /** Cancels the pending request: its response is not recorded. */
  close(reason: string): void {
    if (this.#open === null) return
    this.#log.append(this.#scope(), {
      type: 'inference_cancelled',
      inference_call_id: this.#open,
      upstream_request_id: null,
      reason,
      partial_response_payload: null,
    })
    this.#open = null
  }

  #accept({ id }: { readonly id: string }): void {
    this.#log.append(this.#scope(), { type: 'history_item_accepted', item_id: id })
  }

  #begin(): string {
    const scope = this.#scope()
    const isLinked = this.#previous !== null && this.#requests % maxChainLength !== 0
    const request = {
      model: unrecorded.model,
      ...(isLinked ? { previous_response_id: this.#previous } : {}),
      input: this.#waiting,
    }
    this.#waiting = []
    this.#requests++
    const id = crypto.randomUUID()
    this.#log.append(scope satisfies EventScope, {
      type: 'inference_started',
      inference_call_id: id,
      thread_id: scope.threadId,
      codex_turn_id: scope.turnId,
      ...unrecorded,
      request_payload: this.#log.payload('inference_request', request),
    })
    return id
  }
}
