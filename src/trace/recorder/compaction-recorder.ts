import type { EventScope } from '../bundle/bundle-writer.ts'
import type { Recording } from './event-log.ts'

export type CompactionRequestStart = { readonly model: string; readonly provider: string; readonly request: unknown }

/** Records one compaction of a thread's history: the requests for it, and the history that took the old one's place. */
export class CompactionRecorder {
  readonly compactionId: string
  readonly #recording: Recording
  readonly #scope: EventScope
  readonly #place: { readonly thread_id: string; readonly codex_turn_id: string }
  #isOver = false

  constructor(recording: Recording, threadId: string, turnId: string, compactionId: string) {
    this.compactionId = compactionId
    this.#recording = recording
    this.#scope = { threadId, turnId }
    this.#place = { thread_id: threadId, codex_turn_id: turnId }
  }

  startRequest({ model, provider, request }: CompactionRequestStart): CompactionRequestRecorder {
    const ids = {
      compaction_id: this.compactionId,
      compaction_request_id: this.#recording.nextId('compaction_request'),
    }
    this.#recording.append(this.#scope, {
      type: 'compaction_request_started',
      ...ids,
      ...this.#place,
      model,
      provider_name: provider,
      request_payload: this.#recording.payload('compaction_request', request),
    })
    return new CompactionRequestRecorder(this.#recording, this.#scope, ids)
  }

  /** The replacement is the history now, once; items are in the form of OpenAI's Responses API. */
  install(history: { readonly input: readonly unknown[]; readonly replacement: readonly unknown[] }): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#recording.append(this.#scope, {
      type: 'compaction_installed',
      compaction_id: this.compactionId,
      checkpoint_payload: this.#recording.payload('compaction_checkpoint', {
        input_history: history.input,
        replacement_history: history.replacement,
      }),
    })
  }
}

type RequestIds = { readonly compaction_id: string; readonly compaction_request_id: string }

/** One request of a compaction. It ends once; further calls change nothing. */
export class CompactionRequestRecorder {
  readonly #recording: Recording
  readonly #scope: EventScope
  readonly #ids: RequestIds
  #isOver = false

  constructor(recording: Recording, scope: EventScope, ids: RequestIds) {
    this.#recording = recording
    this.#scope = scope
    this.#ids = ids
  }

  complete(response: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#recording.append(this.#scope, {
      type: 'compaction_request_completed',
      ...this.#ids,
      response_payload: this.#recording.payload('compaction_response', response),
    })
  }

  fail(error: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#recording.append(this.#scope, { type: 'compaction_request_failed', ...this.#ids, error })
  }
}
