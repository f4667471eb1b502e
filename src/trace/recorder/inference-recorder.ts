import type { EventScope } from '../bundle/bundle-writer.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'
import type { EventLog } from './event-log.ts'

export type InferenceStart = {
  readonly model: string
  readonly provider: string
  readonly request: { readonly input: readonly unknown[]; readonly [name: string]: unknown }
  /** @default a UUID */
  readonly inferenceId?: string
}

export type InferenceResponse = {
  /** Items in the form of OpenAI's Responses API, unchanged. */
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

export class BundleInferenceRecorder implements InferenceRecorder {
  readonly inferenceId: string
  readonly #log: EventLog
  readonly #scope: EventScope
  #isOver = false

  constructor(log: EventLog, threadId: string, turnId: string, start: InferenceStart) {
    this.inferenceId = log.uniqueId(start.inferenceId ?? crypto.randomUUID())
    this.#log = log
    this.#scope = { threadId, turnId }
    log.append(this.#scope, {
      type: 'inference_started',
      inference_call_id: this.inferenceId,
      thread_id: threadId,
      codex_turn_id: turnId,
      model: start.model,
      provider_name: start.provider,
      request_payload: log.payload('inference_request', { model: start.model, ...start.request }),
    })
  }

  complete(response: InferenceResponse): void {
    const { responseId = null, upstreamRequestId = null } = response
    this.#end(() => ({
      type: 'inference_completed',
      inference_call_id: this.inferenceId,
      response_id: responseId,
      upstream_request_id: upstreamRequestId,
      response_payload: this.#payloadOf(response),
    }))
  }

  fail(error: string, partial?: InferenceResponse): void {
    this.#end(() => ({ type: 'inference_failed', error, ...this.#brokenOff(partial) }))
  }

  cancel(reason: string, partial?: InferenceResponse): void {
    this.#end(() => ({ type: 'inference_cancelled', reason, ...this.#brokenOff(partial) }))
  }

  #end(event: () => RawPayload): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, event())
  }

  #brokenOff(partial: InferenceResponse | undefined): {
    readonly inference_call_id: string
    readonly upstream_request_id: string | null
    readonly partial_response_payload: PayloadReference | null
  } {
    return {
      inference_call_id: this.inferenceId,
      upstream_request_id: partial?.upstreamRequestId ?? null,
      partial_response_payload: partial === undefined ? null : this.#payloadOf(partial),
    }
  }

  #payloadOf({ responseId, upstreamRequestId, usage, outputItems }: InferenceResponse): PayloadReference {
    return this.#log.payload('inference_response', {
      response_id: responseId ?? null,
      upstream_request_id: upstreamRequestId ?? null,
      token_usage: usage === undefined ? null : usageOf(usage),
      output_items: outputItems,
    })
  }
}

function usageOf(usage: NonNullable<InferenceResponse['usage']>): Record<string, number> {
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens ?? 0,
    cache_write_input_tokens: usage.cacheWriteInputTokens ?? 0,
    output_tokens: usage.outputTokens,
    reasoning_output_tokens: usage.reasoningOutputTokens ?? 0,
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}
