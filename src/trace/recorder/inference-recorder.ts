import type { EventScope } from '../bundle/bundle-writer.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'
import { stringOf, type EventLog } from './event-log.ts'
import type { ChainedRequest, ResponseChain } from './response-chain.ts'
import { membersOf, type ThreadItems } from './thread-items.ts'
import type { TurnScope } from './turn-scope.ts'

export type InferenceStart = {
  readonly model: string
  readonly provider: string
  readonly request: { readonly input: readonly unknown[]; readonly [name: string]: unknown }
  /** @default a UUID */
  readonly inferenceId?: string
}

export type InferenceResponse = {
  /** Items in the form of OpenAI's Responses API. Other forms are recorded as messages, calls or outputs that contain them. */
  readonly outputItems: readonly unknown[]
  readonly responseId?: string
  /** The id that the provider assigned to the request. */
  readonly upstreamRequestId?: string
  readonly usage?: {
    readonly inputTokens: number
    readonly cachedInputTokens?: number
    readonly cacheWriteInputTokens?: number
    readonly outputTokens: number
    readonly reasoningOutputTokens?: number
  }
}

/** Records one request to a model. It ends once; further calls do nothing. */
export interface InferenceRecorder {
  readonly inferenceId: string
  complete(response: InferenceResponse): void
  /** `partial` is the response received before the failure. */
  fail(error: string, partial?: InferenceResponse): void
  /** Ends the request without a complete response. */
  cancel(reason: string, partial?: InferenceResponse): void
}

/** The conversation of a thread: its items, and the responses that requests can continue. */
export type ThreadConversation = { readonly items: ThreadItems; readonly responses: ResponseChain }

export class BundleInferenceRecorder implements InferenceRecorder {
  readonly inferenceId: string
  readonly #log: EventLog
  readonly #scope: EventScope
  readonly #conversation: ThreadConversation
  readonly #request: ChainedRequest
  #isOver = false

  constructor(log: EventLog, scope: TurnScope, conversation: ThreadConversation, start: InferenceStart) {
    this.inferenceId = log.uniqueId(stringOf(start.inferenceId ?? crypto.randomUUID()))
    this.#log = log
    this.#scope = scope
    this.#conversation = conversation
    const { input, previous_response_id: continued, ...members } = membersOf(start.request)
    this.#request = conversation.responses.continue(continued, conversation.items.ofRequest(input))
    const { previous, items } = this.#request
    const recorded = {
      model: start.model,
      ...members,
      ...(previous === null ? {} : { previous_response_id: previous }),
      ...(continued === previous || continued === null ? {} : { continued_response_id: continued }),
    }
    log.append(scope, {
      type: 'inference_started',
      inference_call_id: this.inferenceId,
      thread_id: scope.threadId,
      codex_turn_id: scope.turnId,
      model: stringOf(start.model),
      provider_name: stringOf(start.provider),
      request_payload: log.itemsPayload('inference_request', { input: items }, recorded),
    })
  }

  complete(response: InferenceResponse): void {
    this.#end(() => {
      const { responseId, upstreamRequestId } = idsOf(response)
      if (responseId !== null) this.#conversation.responses.onComplete(responseId)
      return {
        type: 'inference_completed',
        inference_call_id: this.inferenceId,
        response_id: responseId,
        upstream_request_id: upstreamRequestId,
        response_payload: this.#payloadOf(response, this.#conversation.items.ofResponse(response.outputItems)),
      }
    })
  }

  fail(error: string, partial?: InferenceResponse): void {
    this.#end(() => ({ type: 'inference_failed', error: stringOf(error), ...this.#incomplete(partial) }))
  }

  cancel(reason: string, partial?: InferenceResponse): void {
    this.#end(() => ({ type: 'inference_cancelled', reason: stringOf(reason), ...this.#incomplete(partial) }))
  }

  #end(event: () => RawPayload): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, event())
  }

  #incomplete(partial: InferenceResponse | undefined): {
    readonly inference_call_id: string
    readonly upstream_request_id: string | null
    readonly partial_response_payload: PayloadReference | null
  } {
    const inference_call_id = this.inferenceId
    if (partial === undefined) return { inference_call_id, upstream_request_id: null, partial_response_payload: null }
    const { responseId, upstreamRequestId } = idsOf(partial)
    const output = this.#conversation.items.ofResponse(partial.outputItems)
    const { previous, items } = this.#request
    if (responseId !== null) {
      this.#conversation.responses.onIncomplete(responseId, { previous, items: [...items, ...output] })
    }
    const partial_response_payload = this.#payloadOf(partial, output)
    return { inference_call_id, upstream_request_id: upstreamRequestId, partial_response_payload }
  }

  #payloadOf(response: InferenceResponse, items: readonly string[]): PayloadReference {
    const { responseId, upstreamRequestId } = idsOf(response)
    const { usage } = response
    const members = {
      response_id: responseId,
      upstream_request_id: upstreamRequestId,
      token_usage: usage === undefined ? null : usageOf(usage),
    }
    return this.#log.itemsPayload('inference_response', { output_items: items }, members)
  }
}

function idsOf({ responseId, upstreamRequestId }: InferenceResponse): {
  readonly responseId: string | null
  readonly upstreamRequestId: string | null
} {
  return {
    responseId: responseId === undefined || responseId === null ? null : stringOf(responseId),
    upstreamRequestId:
      upstreamRequestId === undefined || upstreamRequestId === null ? null : stringOf(upstreamRequestId),
  }
}

function usageOf(usage: NonNullable<InferenceResponse['usage']>): Record<string, number> {
  const input = countOf(usage.inputTokens)
  const output = countOf(usage.outputTokens)
  return {
    input_tokens: input,
    cached_input_tokens: countOf(usage.cachedInputTokens),
    cache_write_input_tokens: countOf(usage.cacheWriteInputTokens),
    output_tokens: output,
    reasoning_output_tokens: countOf(usage.reasoningOutputTokens),
    total_tokens: input + output,
  }
}

/** Returns a number of tokens as an integer; readers refuse other numbers. */
function countOf(tokens: unknown): number {
  return typeof tokens === 'number' && tokens > 0 && Number.isFinite(tokens) ? Math.trunc(tokens) : 0
}
