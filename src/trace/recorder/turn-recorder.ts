import type { EventScope } from '../bundle/bundle-writer.ts'
import { BundleCompactionRecorder, type CompactionRecorder } from './compaction-recorder.ts'
import { BundleInferenceRecorder, type InferenceRecorder, type InferenceStart } from './inference-recorder.ts'
import type { ExecutionStatus } from '../format/raw-event.ts'
import type { EventLog } from './event-log.ts'
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
  /** Adds the item with this id to the conversation: an item of a response, or of the input. */
  acceptItem(itemId: string): void
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
  readonly #scope: EventScope
  readonly #threadId: string
  readonly #hooks: TurnHooks
  #isOver = false

  constructor(log: EventLog, threadId: string, turnId: string, hooks: TurnHooks) {
    this.turnId = turnId
    this.#log = log
    this.#threadId = threadId
    this.#scope = { threadId, turnId }
    this.#hooks = hooks
    log.append(this.#scope, { type: 'codex_turn_started', codex_turn_id: turnId, thread_id: threadId })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  startInference(start: InferenceStart): InferenceRecorder {
    this.#hooks.inferenceStarted()
    return new BundleInferenceRecorder(this.#log, this.#threadId, this.turnId, start)
  }

  acceptItem(itemId: string): void {
    this.#log.append(this.#scope, { type: 'history_item_accepted', item_id: itemId })
  }

  startToolCall(start: ToolCallStart): ToolCallRecorder {
    const callId = this.#log.uniqueId(start.callId)
    return new BundleToolCallRecorder(this.#log, this.#scope, { ...start, callId })
  }

  startCompaction(compactionId: string = crypto.randomUUID()): CompactionRecorder {
    return new BundleCompactionRecorder(this.#log, this.#threadId, this.turnId, this.#log.uniqueId(compactionId))
  }

  end(status: Exclude<ExecutionStatus, 'running'> = 'completed'): void {
    if (this.#isOver) return
    this.#hooks.ending()
    this.#isOver = true
    this.#log.append(this.#scope, { type: 'codex_turn_ended', codex_turn_id: this.turnId, status })
  }
}
