import type { EventScope } from '../bundle/bundle-writer.ts'
import type { Recording } from './event-log.ts'

/** What stands where nobody said which model it was. */
const unrecorded = { model: 'unrecorded', provider_name: 'codecell' } as const

/** After so many requests a new chain begins: a request of a chain names everything before it. */
const longestChain = 1000

/**
 * The conversation of a model whose requests nobody records, as far as its calls give it away: each call came in a
 * response, and each answer went into the request after it. Without it a cell would belong to no conversation, and readers
 * of traces would not show it.
 */
export class InferredConversation {
  readonly #recording: Recording
  readonly #scope: () => { readonly threadId: string; readonly turnId: string }
  /** The request that the model is working on. */
  #open: string | null = null
  #previous: string | null = null
  #waiting: object[] = []
  #requests = 0

  constructor(recording: Recording, scope: () => { readonly threadId: string; readonly turnId: string }) {
    this.#recording = recording
    this.#scope = scope
  }

  /** The model made a call. */
  called(item: { readonly id: string }): void {
    const inference = this.#open ?? this.#begin()
    this.#open = null
    const response = `response:${inference}`
    this.#recording.append(this.#scope(), {
      type: 'inference_completed',
      inference_call_id: inference,
      response_id: response,
      upstream_request_id: null,
      response_payload: this.#recording.payload('inference_response', { response_id: response, output_items: [item] }),
    })
    this.#previous = response
    this.#accept(item)
  }

  /** The call was answered: the model goes on. */
  answered(item: { readonly id: string }): void {
    this.#waiting.push(item)
    this.#accept(item)
    if (this.#open === null) this.#open = this.#begin()
  }

  /** Nobody will know what the model made of the last answer. */
  close(reason: string): void {
    if (this.#open === null) return
    this.#recording.append(this.#scope(), {
      type: 'inference_cancelled',
      inference_call_id: this.#open,
      upstream_request_id: null,
      reason,
      partial_response_payload: null,
    })
    this.#open = null
  }

  #accept({ id }: { readonly id: string }): void {
    this.#recording.append(this.#scope(), { type: 'history_item_accepted', item_id: id })
  }

  #begin(): string {
    const scope = this.#scope()
    const isLinked = this.#previous !== null && this.#requests % longestChain !== 0
    const request = {
      model: unrecorded.model,
      ...(isLinked ? { previous_response_id: this.#previous } : {}),
      input: this.#waiting,
    }
    this.#waiting = []
    this.#requests++
    const id = crypto.randomUUID()
    this.#recording.append(scope satisfies EventScope, {
      type: 'inference_started',
      inference_call_id: id,
      thread_id: scope.threadId,
      codex_turn_id: scope.turnId,
      ...unrecorded,
      request_payload: this.#recording.payload('inference_request', request),
    })
    return id
  }
}
