import type { SessionListener } from '../../events/session-event.ts'
import { InferredConversation } from './inferred-conversation.ts'
import type { RolloutStatus } from '../format/raw-event.ts'
import type { EventLog } from './event-log.ts'
import { SessionRecorder } from './session-recorder.ts'
import type { ThreadScope } from './thread-scope.ts'
import { BundleTurnRecorder, type TurnRecorder } from './turn-recorder.ts'

/** Facts about a thread, recorded unchanged. */
export type ThreadMetadata = { readonly [name: string]: unknown }

/** Records one thread of an agent: its turns, and the sessions of its cells. */
export interface ThreadRecorder {
  readonly threadId: string
  /** Creates a listener for one session whose cells belong to this thread: `createSession({ listeners: [thread.listen()] })`. */
  listen(): SessionListener
  /** Starts a turn. A previous turn that has not ended ends as completed. */
  startTurn(turnId?: string): TurnRecorder
  /** Ends the thread; further calls do nothing. */
  end(status?: Exclude<RolloutStatus, 'running'>): void
}

export class BundleThreadRecorder implements ThreadRecorder, ThreadScope {
  readonly threadId: string
  readonly #log: EventLog
  readonly #inferred: InferredConversation
  readonly #cellIds = new Set<string>()
  #turn: TurnRecorder | null = null
  #isRecorded = false
  #isOver = false

  constructor(log: EventLog, threadId: string, agentPath: string, metadata: ThreadMetadata) {
    this.threadId = threadId
    this.#log = log
    this.#inferred = new InferredConversation(log, () => this.scope())
    const values = { thread_id: threadId, agent_path: agentPath, ...metadata }
    log.appendGlobal({
      type: 'thread_started',
      thread_id: threadId,
      agent_path: agentPath,
      metadata_payload: log.payload('session_metadata', values),
    })
  }

  uniqueCellId(cellId: string): string {
    let id = cellId
    for (let count = 2; this.#cellIds.has(id); count++) id = `${cellId}~${count}`
    this.#cellIds.add(id)
    return id
  }

  listen(): SessionListener {
    return new SessionRecorder(this.#log, this)
  }

  startTurn(turnId: string = crypto.randomUUID()): TurnRecorder {
    this.#endTurn()
    const turn = new BundleTurnRecorder(this.#log, this.threadId, this.#log.uniqueId(turnId), {
      inferenceStarted: () => {
        this.inferred?.close('the agent records its requests')
        this.#isRecorded = true
      },
      ending: () => this.inferred?.close('the turn ended'),
    })
    this.#turn = turn
    return turn
  }

  end(status: Exclude<RolloutStatus, 'running'> = 'completed'): void {
    if (this.#isOver) return
    this.#endTurn()
    this.#isOver = true
    this.#log.appendGlobal({ type: 'thread_ended', thread_id: this.threadId, status })
  }

  scope(): { readonly threadId: string; readonly turnId: string } {
    if (this.#turn === null || this.#turn.isOver) {
      return { threadId: this.threadId, turnId: this.startTurn().turnId }
    }
    return { threadId: this.threadId, turnId: this.#turn.turnId }
  }

  get inferred(): InferredConversation | null {
    return this.#isRecorded ? null : this.#inferred
  }

  #endTurn(): void {
    this.#turn?.end('completed')
    this.#turn = null
  }
}
