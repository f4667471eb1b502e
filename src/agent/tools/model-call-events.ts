import { randomUUID } from '../../platform/random.ts'
import type { EventFeed } from '../../session/common/event-feed.ts'
import { internalsOf } from '../../session/session-internals.ts'
import type { Session } from '../../session/api/session-options.ts'
import { errorResponse, type ModelResponse } from '../response/response.ts'

type ModelCall = { readonly tool: 'exec' | 'wait'; readonly input: unknown }

/** Emits an event for each call of the model and for its response. */
export class ModelCallEvents {
  readonly #feed: EventFeed | null

  constructor(session: Session) {
    this.#feed = internalsOf(session)?.feed ?? null
  }

  /** Makes a call between its two events. Generates a call id when the caller passed none. */
  async around<Options extends { readonly callId?: string; readonly signal?: AbortSignal }>(
    { tool, input }: ModelCall,
    options: Options,
    call: (options: Options) => Promise<ModelResponse>,
  ): Promise<ModelResponse> {
    const feed = this.#feed
    if (feed === null) return await call(options)
    const { callId: given = '' } = options
    const callId = given === '' ? `call_${randomUUID()}` : given
    feed.emit({ type: 'model_call_started', callId, tool, input })
    try {
      const response = await call({ ...options, callId })
      feed.emit({ type: 'model_call_ended', callId, tool, cancelled: false, ...response })
      return response
    } catch (error) {
      const cancelled = options.signal?.aborted === true
      feed.emit({ type: 'model_call_ended', callId, tool, cancelled, ...errorResponse(error) })
      throw error
    }
  }
}
