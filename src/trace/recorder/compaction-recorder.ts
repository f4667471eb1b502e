import type { EventScope } from '../bundle/bundle-writer.ts'
import type { TurnScope } from './turn-scope.ts'
import { stringOf, type EventLog } from './event-log.ts'
import { membersOf, type ThreadItems } from './thread-items.ts'

export type CompactionRequestStart = { readonly model: string; readonly provider: string; readonly request: unknown }

/** Records one compaction of a thread's history: its requests, and the replacement. */
export interface CompactionRecorder {
  readonly compactionId: string
  /** Starts a request to a model for the compaction. */
  startRequest(start: CompactionRequestStart): CompactionRequestRecorder
  /** Replaces the history; further calls do nothing. Items have the form of OpenAI's Responses API. */
  install(history: { readonly input: readonly unknown[]; readonly replacement: readonly unknown[] }): void
}

/** Records one request of a compaction. It ends once; further calls do nothing. */
export interface CompactionRequestRecorder {
  complete(response: unknown): void
  fail(error: string): void
}

export class BundleCompactionRecorder implements CompactionRecorder {
  readonly compactionId: string
  readonly #log: EventLog
  readonly #scope: TurnScope
  readonly #items: ThreadItems
  #isOver = false

  constructor(log: EventLog, scope: TurnScope, items: ThreadItems, compactionId: string) {
    this.compactionId = compactionId
    this.#log = log
    this.#scope = scope
    this.#items = items
  }

  startRequest({ model, provider, request }: CompactionRequestStart): CompactionRequestRecorder {
    const ids = {
      compaction_id: this.compactionId,
      compaction_request_id: this.#log.nextId('compaction_request'),
    }
    this.#log.append(this.#scope, {
      type: 'compaction_request_started',
      ...ids,
      thread_id: this.#scope.threadId,
      codex_turn_id: this.#scope.turnId,
      model: stringOf(model),
      provider_name: stringOf(provider),
      request_payload: this.#log.payload('compaction_request', request),
    })
    return new BundleCompactionRequestRecorder(this.#log, this.#scope, ids)
  }

  install(history: { readonly input: readonly unknown[]; readonly replacement: readonly unknown[] }): void {
    if (this.#isOver) return
    this.#isOver = true
    const { input, replacement } = membersOf(history)
    const before = this.#items.ofRequest(input)
    const after = this.#items.ofRequest(replacement)
    this.#log.append(this.#scope, {
      type: 'compaction_installed',
      compaction_id: this.compactionId,
      checkpoint_payload: this.#log.itemsPayload('compaction_checkpoint', {
        input_history: before,
        replacement_history: after,
      }),
    })
  }
}

type RequestIds = { readonly compaction_id: string; readonly compaction_request_id: string }

class BundleCompactionRequestRecorder implements CompactionRequestRecorder {
  readonly #log: EventLog
  readonly #scope: EventScope
  readonly #ids: RequestIds
  #isOver = false

  constructor(log: EventLog, scope: EventScope, ids: RequestIds) {
    this.#log = log
    this.#scope = scope
    this.#ids = ids
  }

  complete(response: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, {
      type: 'compaction_request_completed',
      ...this.#ids,
      response_payload: this.#log.payload('compaction_response', response),
    })
  }

  fail(error: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, { type: 'compaction_request_failed', ...this.#ids, error: stringOf(error) })
  }
}
