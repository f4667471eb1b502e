import type { EventScope } from '../bundle/bundle-writer.ts'
import { CompactionRecorder } from './compaction-recorder.ts'
import { InferenceRecorder, type InferenceStart } from './inference-recorder.ts'
import type { ExecutionStatus } from '../format/raw-event.ts'
import type { Recording } from './event-log.ts'
import { ToolCallRecorder, type ToolCallStart } from './tool-call-recorder.ts'

/** What the thread of a turn wants to know. */
export type TurnHooks = {
  /** The agent records its requests. */
  readonly inferenceStarted: () => void
  readonly ending: () => void
}

/** Records one turn of an agent: what it asked models, and the tools that a model called itself. */
export class TurnRecorder {
  readonly turnId: string
  readonly #recording: Recording
  readonly #scope: EventScope
  readonly #threadId: string
  readonly #hooks: TurnHooks
  #isOver = false

  constructor(recording: Recording, threadId: string, turnId: string, hooks: TurnHooks) {
    this.turnId = turnId
    this.#recording = recording
    this.#threadId = threadId
    this.#scope = { threadId, turnId }
    this.#hooks = hooks
    recording.append(this.#scope, { type: 'codex_turn_started', codex_turn_id: turnId, thread_id: threadId })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * A request to a model begins. `request` has `input`, an array of items in the form of OpenAI's Responses API, and, when it
   * builds on an earlier response, `previous_response_id`.
   */
  startInference(start: InferenceStart): InferenceRecorder {
    this.#hooks.inferenceStarted()
    return new InferenceRecorder(this.#recording, this.#threadId, this.turnId, start)
  }

  /** Items with this id are part of the conversation from now on: `items` of a response, or what was sent to the model. */
  acceptItem(itemId: string): void {
    this.#recording.append(this.#scope, { type: 'history_item_accepted', item_id: itemId })
  }

  /** The model calls a tool that is neither `exec` nor `wait`: those record themselves. */
  startToolCall(start: ToolCallStart): ToolCallRecorder {
    const callId = this.#recording.uniqueId(start.callId)
    return new ToolCallRecorder(this.#recording, this.#scope, { ...start, callId })
  }

  /** The history is about to be replaced by a shorter one. */
  startCompaction(compactionId: string = crypto.randomUUID()): CompactionRecorder {
    return new CompactionRecorder(this.#recording, this.#threadId, this.turnId, this.#recording.uniqueId(compactionId))
  }

  /** Ends the turn; further calls change nothing. */
  end(status: Exclude<ExecutionStatus, 'running'> = 'completed'): void {
    if (this.#isOver) return
    this.#hooks.ending()
    this.#isOver = true
    this.#recording.append(this.#scope, { type: 'codex_turn_ended', codex_turn_id: this.turnId, status })
  }
}
