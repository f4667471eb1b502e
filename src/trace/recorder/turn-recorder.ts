import { BundleCompactionRecorder, type CompactionRecorder } from './compaction-recorder.ts'
import {
  BundleInferenceRecorder,
  type InferenceRecorder,
  type InferenceStart,
  type ThreadConversation,
} from './inference-recorder.ts'
import type { ExecutionStatus } from '../format/raw-event.ts'
import { stringOf, type EventLog } from './event-log.ts'
import { membersOf } from './thread-items.ts'
import type { TurnScope } from './turn-scope.ts'
import { BundleToolCallRecorder, type ToolCallRecorder, type ToolCallStart } from './tool-call-recorder.ts'

/** Callbacks of a turn for its thread. */
export type TurnHooks = {
  /** The agent started to record its requests. */
  readonly inferenceStarted: () => void
  readonly ending: () => void
}

/** Records one turn of an agent: its requests to models, and the tool calls of a model. */
export interface TurnRecorder {
  readonly turnId: string
  readonly isOver: boolean
  /**
   * Starts a request to a model. `request` has `input`, an array of items in the form of OpenAI's Responses API, and
   * `previous_response_id` if it continues a response.
   */
  startInference(start: InferenceStart): InferenceRecorder
  /**
   * Adds an item to the conversation: the id of an item of a response or of the input, or the output of a tool as an item with an
   * id. An output is part of the conversation before the next request.
   */
  acceptItem(item: string | { readonly id: string; readonly [member: string]: unknown }): void
  /** Starts a tool call of the model, other than `exec` and `wait`, which record themselves. */
  startToolCall(start: ToolCallStart): ToolCallRecorder
  /** Starts a compaction of the history. */
  startCompaction(compactionId?: string): CompactionRecorder
  /** Ends the turn, as completed unless given; further calls do nothing. */
  end(status?: Exclude<ExecutionStatus, 'running'>): void
}

export class BundleTurnRecorder implements TurnRecorder {
  readonly turnId: string
  readonly #log: EventLog
  readonly #scope: TurnScope
  readonly #conversation: ThreadConversation
  readonly #hooks: TurnHooks
  #isOver = false

  constructor(log: EventLog, scope: TurnScope, conversation: ThreadConversation, hooks: TurnHooks) {
    this.turnId = scope.turnId
    this.#log = log
    this.#scope = scope
    this.#conversation = conversation
    this.#hooks = hooks
    log.append(scope, { type: 'codex_turn_started', codex_turn_id: scope.turnId, thread_id: scope.threadId })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  startInference(start: InferenceStart): InferenceRecorder {
    this.#hooks.inferenceStarted()
    return new BundleInferenceRecorder(this.#log, this.#scope, this.#conversation, start)
  }

  acceptItem(item: string | { readonly id: string; readonly [member: string]: unknown }): void {
    const output = typeof item === 'string' ? null : this.#conversation.items.ofOutput(item)
    const itemId = stringOf(typeof item === 'string' ? item : membersOf(item)['id'])
    if (output !== null) return this.#log.acceptOutput(this.#scope, itemId, output)
    this.#log.append(this.#scope, { type: 'history_item_accepted', item_id: itemId })
  }

  startToolCall(start: ToolCallStart): ToolCallRecorder {
    const callId = this.#conversation.items.callIds.ofStart(stringOf(start.callId))
    return new BundleToolCallRecorder(this.#log, this.#scope, { ...start, callId })
  }

  startCompaction(compactionId: string = crypto.randomUUID()): CompactionRecorder {
    const id = this.#log.uniqueId(stringOf(compactionId))
    return new BundleCompactionRecorder(this.#log, this.#scope, this.#conversation.items, id)
  }

  end(status: Exclude<ExecutionStatus, 'running'> = 'completed'): void {
    if (this.#isOver) return
    this.#hooks.ending()
    this.#isOver = true
    this.#log.append(this.#scope, { type: 'codex_turn_ended', codex_turn_id: this.turnId, status })
  }
}
