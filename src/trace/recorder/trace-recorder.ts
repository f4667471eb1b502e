import { startBackgroundWriter, type BackgroundWriterOptions } from '../bundle/background-writer.ts'
import type { RolloutStatus } from '../format/raw-event.ts'
import { Recording } from './event-log.ts'
import { ThreadRecorder, type ThreadMetadata } from './thread-recorder.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type TraceRecorderOptions = Pick<BackgroundWriterOptions, 'root' | 'maxQueued' | 'onWarning'> & {
  /** A UUID; made when it is left out. */
  readonly traceId?: string
  /** The id of the root thread, which is that of the rollout too. Default: a UUID. */
  readonly threadId?: string
  /** What is known of the root thread: a model, a working folder, whatever explains the trace. */
  readonly metadata?: ThreadMetadata
}

const optionNames: OptionNames<TraceRecorderOptions> = {
  root: 'any',
  maxQueued: 'any',
  onWarning: 'function',
  traceId: 'any',
  threadId: 'any',
  metadata: 'any',
}

export type SpawnedThread = {
  readonly threadId: string
  /** Where the agent is among the others: the path of its parent, a slash and its name. That of the first is `/root`. */
  readonly agentPath: string
  readonly parentThreadId: string
  readonly nickname?: string
  readonly role?: string
  readonly taskName?: string
  readonly metadata?: ThreadMetadata
}

export type AgentResult = {
  readonly childThreadId: string
  readonly childTurnId: string
  readonly parentThreadId: string
  readonly message: string
  /** What carried the result to the parent. */
  readonly payload?: unknown
}

/**
 * Records a bundle. Nothing that it does waits for the disk, or fails what it records: what cannot be written costs the trace,
 * with one call of `onWarning`.
 */
export interface TraceRecorder extends AsyncDisposable {
  /** The folder of the bundle. */
  readonly directory: string
  readonly traceId: string
  readonly rootThread: ThreadRecorder
  /** A thread that another one spawned. */
  startThread(thread: SpawnedThread): ThreadRecorder
  /** The result of a child thread reached its parent. */
  observeAgentResult(result: AgentResult): void
  /** Raw evidence under a name of your own; it is kept, and not reduced. */
  observe(eventType: string, value: unknown): void
  /** Resolves when all that happened so far is on disk, or lost. */
  flush(): Promise<void>
  /** Ends the threads and the recording; resolves when all is on disk, or lost. Further calls wait for the same end. */
  close(status?: Exclude<RolloutStatus, 'running'>): Promise<void>
}

/** Starts a bundle in a new folder below `root`, readable by this user only: traces hold what prompts and tools hold. */
export function createTraceRecorder(options: TraceRecorderOptions): TraceRecorder {
  checkOptions('createTraceRecorder', options, optionNames)
  const { threadId = crypto.randomUUID(), traceId = crypto.randomUUID(), metadata = {}, ...rest } = options
  return new BundleRecorder({ ...rest, traceId, rootThreadId: threadId }, traceId, metadata)
}

class BundleRecorder implements TraceRecorder {
  readonly traceId: string
  readonly rootThread: ThreadRecorder
  readonly #recording: Recording
  readonly #threads: ThreadRecorder[] = []
  #closed: Promise<void> | null = null

  constructor(options: BackgroundWriterOptions, traceId: string, metadata: ThreadMetadata) {
    this.traceId = traceId
    this.#recording = new Recording(startBackgroundWriter(options))
    const root = options.rootThreadId
    this.#recording.appendGlobal({ type: 'rollout_started', trace_id: traceId, root_thread_id: root })
    this.rootThread = this.#start(this.#recording.uniqueId(root), '/root', metadata)
  }

  get directory(): string {
    return this.#recording.sink.directory
  }

  #start(threadId: string, agentPath: string, metadata: ThreadMetadata): ThreadRecorder {
    const thread = new ThreadRecorder(this.#recording, threadId, agentPath, metadata)
    this.#threads.push(thread)
    return thread
  }

  startThread({ threadId, agentPath, parentThreadId, ...about }: SpawnedThread): ThreadRecorder {
    const { nickname = null, role = 'default', taskName = null, metadata } = about
    const origin = {
      parent_thread_id: parentThreadId,
      depth: depthOf(agentPath),
      agent_path: agentPath,
      agent_nickname: nickname,
    }
    return this.#start(this.#recording.uniqueId(threadId), agentPath, {
      nickname,
      agent_role: role,
      task_name: taskName,
      session_source: { subagent: { thread_spawn: { ...origin, agent_role: role } } },
      ...metadata,
    })
  }

  observeAgentResult({ childThreadId, childTurnId, parentThreadId, message, payload }: AgentResult): void {
    const carried = payload === undefined ? null : this.#recording.payload('agent_result', payload)
    this.#recording.append(
      { threadId: parentThreadId, turnId: null },
      {
        type: 'agent_result_observed',
        edge_id: `edge:agent_result:${childThreadId}:${childTurnId}:${parentThreadId}`,
        child_thread_id: childThreadId,
        child_codex_turn_id: childTurnId,
        parent_thread_id: parentThreadId,
        message,
        carried_payload: carried,
      },
    )
  }

  observe(eventType: string, value: unknown): void {
    this.#recording.observe(eventType, value)
  }

  async flush(): Promise<void> {
    await this.#recording.sink.flush()
  }

  close(status: Exclude<RolloutStatus, 'running'> = 'completed'): Promise<void> {
    this.#closed ??= this.#close(status)
    return this.#closed
  }

  async #close(status: Exclude<RolloutStatus, 'running'>): Promise<void> {
    for (const thread of this.#threads.toReversed()) thread.end(status)
    this.#recording.appendGlobal({ type: 'rollout_ended', status })
    await this.#recording.sink.complete()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** How many agents stand above this one. */
function depthOf(agentPath: string): number {
  return Math.max(1, agentPath.split('/').length - 2)
}
