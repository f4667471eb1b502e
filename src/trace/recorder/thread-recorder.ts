import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { stringOf, type EventLog } from './event-log.ts'
import type { CallIds } from './call-ids.ts'
import { InferredConversation } from './inferred-conversation.ts'
import type { RolloutStatus } from '../format/raw-event.ts'
import type { NestedKinds } from './nested-calls-recorder.ts'
import { checkKinds } from './recorded-kind.ts'
import { ResponseChain } from './response-chain.ts'
import { SessionRecorder, type SessionTraceListener } from './session-recorder.ts'
import { ThreadItems } from './thread-items.ts'
import type { ThreadScope } from './thread-scope.ts'
import type { TurnScope } from './turn-scope.ts'
import { BundleTurnRecorder, type TurnRecorder } from './turn-recorder.ts'

/** Facts about a thread, recorded unchanged. */
export type ThreadMetadata = { readonly [name: string]: unknown }

export type ListenOptions = {
  /**
   * The kinds of tools, by the identifiers under which programs call them. Readers show terminals and edges for them.
   *
   * @default `mcp` for tools of MCP servers, else `other`
   */
  readonly kinds?: NestedKinds
}

const listenOptionNames: OptionNames<ListenOptions> = { kinds: 'any' }

/** Records one thread of an agent: its turns, and the sessions of its cells. */
export interface ThreadRecorder {
  readonly threadId: string
  /**
   * Creates a listener for one session whose cells belong to this thread: `createSession({ listeners: [thread.listen()] })`.
   *
   * @throws {CodecellError} `INVALID_OPTION`
   */
  listen(options?: ListenOptions): SessionTraceListener
  /** Starts a turn. A previous turn that has not ended ends as completed. */
  startTurn(turnId?: string): TurnRecorder
  /** Ends the thread; further calls do nothing. */
  end(status?: Exclude<RolloutStatus, 'running'>): void
}

export class BundleThreadRecorder implements ThreadRecorder, ThreadScope {
  readonly threadId: string
  readonly #log: EventLog
  readonly #inferred: InferredConversation
  readonly #items: ThreadItems
  readonly #responses = new ResponseChain()
  readonly #cellIds = new Set<string>()
  #turn: TurnRecorder | null = null
  #isRecorded = false
  #isOver = false

  constructor(log: EventLog, threadId: string, agentPath: string, metadata: ThreadMetadata) {
    this.threadId = threadId
    this.#log = log
    this.#inferred = new InferredConversation(log)
    this.#items = new ThreadItems((wanted) => log.uniqueId(wanted))
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

  get callIds(): CallIds {
    return this.#items.callIds
  }

  listen(options: ListenOptions = {}): SessionTraceListener {
    checkOptions('listen', options, listenOptionNames)
    const { kinds = {} } = options
    checkKinds(kinds)
    return new SessionRecorder(this.#log, this, kinds)
  }

  startTurn(turnId: string = crypto.randomUUID()): TurnRecorder {
    this.#endTurn()
    const scope = { threadId: this.threadId, turnId: this.#log.uniqueId(stringOf(turnId)) }
    const conversation = { items: this.#items, responses: this.#responses }
    const turn = new BundleTurnRecorder(this.#log, scope, conversation, {
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

  isOpen({ turnId }: TurnScope): boolean {
    return this.#turn?.turnId === turnId && !this.#turn.isOver
  }

  scope(): TurnScope {
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
