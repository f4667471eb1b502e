import type { SessionListener } from '../../events/session-event.ts'
import { InferredConversation } from './inferred-conversation.ts'
import type { RolloutStatus } from '../format/raw-event.ts'
import type { Recording } from './event-log.ts'
import { SessionRecorder } from './session-recorder.ts'
import type { ThreadScope } from './thread-scope.ts'
import { TurnRecorder } from './turn-recorder.ts'

/** What is known of a thread when it starts; all of it is recorded as it is. */
export type ThreadMetadata = { readonly [name: string]: unknown }

/** Records one thread of an agent: its turns, and the sessions that its cells run in. */
export class ThreadRecorder implements ThreadScope {
  readonly threadId: string
  readonly #recording: Recording
  readonly #inferred: InferredConversation
  readonly #cellIds = new Set<string>()
  #turn: TurnRecorder | null = null
  #isRecorded = false
  #isOver = false

  constructor(recording: Recording, threadId: string, agentPath: string, metadata: ThreadMetadata) {
    this.threadId = threadId
    this.#recording = recording
    this.#inferred = new InferredConversation(recording, () => this.scope())
    const values = { thread_id: threadId, agent_path: agentPath, ...metadata }
    recording.appendGlobal({
      type: 'thread_started',
      thread_id: threadId,
      agent_path: agentPath,
      metadata_payload: recording.payload('session_metadata', values),
    })
  }

  /** A cell's id, or a longer one where two sessions of the thread have it. */
  uniqueCellId(cellId: string): string {
    let id = cellId
    for (let count = 2; this.#cellIds.has(id); count++) id = `${cellId}~${count}`
    this.#cellIds.add(id)
    return id
  }

  /** A listener for one session whose cells belong to this thread: `createSession({ listeners: [thread.listen()] })`. */
  listen(): SessionListener {
    return new SessionRecorder(this.#recording, this)
  }

  /** Begins a turn; the one before it ends as completed, if it has not ended. */
  startTurn(turnId: string = crypto.randomUUID()): TurnRecorder {
    this.#endTurn()
    const turn = new TurnRecorder(this.#recording, this.threadId, this.#recording.uniqueId(turnId), {
      inferenceStarted: () => {
        this.inferred?.close('the agent records its requests')
        this.#isRecorded = true
      },
      ending: () => this.inferred?.close('the turn ended'),
    })
    this.#turn = turn
    return turn
  }

  /** Ends the thread; further calls change nothing. */
  end(status: Exclude<RolloutStatus, 'running'> = 'completed'): void {
    if (this.#isOver) return
    this.#endTurn()
    this.#isOver = true
    this.#recording.appendGlobal({ type: 'thread_ended', thread_id: this.threadId, status })
  }

  /** Where something of this thread happens now. Outside of a turn one is made up: every cell belongs to a turn. */
  scope(): { readonly threadId: string; readonly turnId: string } {
    if (this.#turn === null || this.#turn.isOver) {
      return { threadId: this.threadId, turnId: this.startTurn().turnId }
    }
    return { threadId: this.threadId, turnId: this.#turn.turnId }
  }

  /** The conversation as far as calls tell it; null when the agent records the real one. */
  get inferred(): InferredConversation | null {
    return this.#isRecorded ? null : this.#inferred
  }

  #endTurn(): void {
    this.#turn?.end('completed')
    this.#turn = null
  }
}
