import { randomUUID } from 'node:crypto'
import type { EventFeed } from '../../session/event-feed.ts'
import { partsOf } from '../../session/session-internals.ts'
import type { Session } from '../../session/api/session-options.ts'
import { errorResponse, type ModelResponse } from '../response/response.ts'

type Make<Options> = (input: unknown, options: Options) => Promise<ModelResponse>

/** Tells the session's listeners of the model's calls: what it asked, and what it reads. */
export class ModelCalls {
  readonly #feed: EventFeed | null

  constructor(session: Session) {
    this.#feed = partsOf(session)?.feed ?? null
  }

  /** Makes the call, under an id of our own when the caller gave none. */
  async make<Options extends { readonly callId?: string }>(
    tool: 'exec' | 'wait',
    input: unknown,
    options: Options,
    call: Make<Options>,
  ): Promise<ModelResponse> {
    const feed = this.#feed
    if (feed === null) return await call(input, options)
    const { callId: given = '' } = options
    const callId = given === '' ? `call_${randomUUID()}` : given
    feed.emit({ type: 'model_call_started', callId, tool, input })
    try {
      const response = await call(input, { ...options, callId })
      feed.emit({ type: 'model_call_ended', callId, tool, ...response })
      return response
    } catch (error) {
      feed.emit({ type: 'model_call_ended', callId, tool, ...errorResponse(error) })
      throw error
    }
  }
}
