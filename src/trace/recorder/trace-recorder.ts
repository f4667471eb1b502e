import { startBackgroundWriter, type BackgroundWriterOptions } from '../bundle/background-writer.ts'
import type { RolloutStatus } from '../format/raw-event.ts'
import { checkSchema, type TraceSchema } from '../bundle/trace-schema.ts'
import { EventLog, stringOf } from './event-log.ts'
import { BundleThreadRecorder, type ThreadMetadata, type ThreadRecorder } from './thread-recorder.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type TraceRecorderOptions = Pick<BackgroundWriterOptions, 'root' | 'maxQueued' | 'onWarning'> & {
  /**
   * The version of the format. Codex reads 3 since version 0.171, and 2 before.
   *
   * @default 3
   */
  readonly schema?: TraceSchema
  /**
   * A UUID.
   *
   * @default a random UUID
   */
  readonly traceId?: string
  /**
   * The id of the root thread, which is also the id of the rollout.
   *
   * @default a random UUID
   */
  readonly threadId?: string
  /** Facts about the root thread, such as the model and the working folder. */
  readonly metadata?: ThreadMetadata
}

const optionNames: OptionNames<TraceRecorderOptions> = {
  root: 'any',
  schema: 'any',
  maxQueued: 'any',
  onWarning: 'function',
  traceId: 'any',
  threadId: 'any',
  metadata: 'any',
}

export type SpawnedThread = {
  readonly threadId: string
  /** The path of the agent: the path of its parent, a slash and its name. The path of the root is `/root`. */
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
  /** The payload that delivered the result to the parent. */
  readonly payload?: unknown
}

/**
 * Records a bundle. Nothing here waits for the disk or throws: what cannot be written ends the trace, with one call of
 * `onWarning`.
 */
export interface TraceRecorder extends AsyncDisposable {
  /** The folder of the bundle. */
  readonly directory: string
  readonly traceId: string
  readonly rootThread: ThreadRecorder
  /** Records a thread that another thread spawned. */
  startThread(thread: SpawnedThread): ThreadRecorder
  /** Records that the result of a child thread reached its parent. */
  observeAgentResult(result: AgentResult): void
  /** Logs a custom event, which is kept and not reduced. */
  observe(eventType: string, value: unknown): void
  /** Resolves when everything so far is on disk, or lost. */
  flush(): Promise<void>
  /** Ends the threads and the recording. Resolves when all is on disk, or lost. Further calls return the same promise. */
  close(status?: Exclude<RolloutStatus, 'running'>): Promise<void>
}

/**
 * Starts a bundle in a new folder below `root`. Only the user can read it, because traces contain prompts and results.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 * @example
 * ```ts
 * await using recorder = createTraceRecorder({ root: 'traces' })
 * await using session = await createSession({ listeners: [recorder.rootThread.listen()] })
 * ```
 */
export function createTraceRecorder(options: TraceRecorderOptions): TraceRecorder {
  checkOptions('createTraceRecorder', options, optionNames)
  const schema = checkSchema('createTraceRecorder', options.schema)
  const { threadId = crypto.randomUUID(), traceId = crypto.randomUUID(), metadata = {}, ...rest } = options
  return new BundleRecorder({ ...rest, schema, traceId, rootThreadId: threadId }, traceId, metadata)
}

class BundleRecorder implements TraceRecorder {
  readonly traceId: string
  readonly rootThread: ThreadRecorder
  readonly #log: EventLog
  readonly #threads: ThreadRecorder[] = []
  #closed: Promise<void> | null = null

  constructor(options: BackgroundWriterOptions, traceId: string, metadata: ThreadMetadata) {
    this.traceId = traceId
    this.#log = new EventLog(startBackgroundWriter(options))
    const root = options.rootThreadId
    this.#log.appendGlobal({ type: 'rollout_started', trace_id: traceId, root_thread_id: root })
    this.rootThread = this.#start(this.#log.uniqueId(root), '/root', metadata)
  }

  get directory(): string {
    return this.#log.sink.directory
  }

  #start(threadId: string, agentPath: string, metadata: ThreadMetadata): ThreadRecorder {
    const thread = new BundleThreadRecorder(this.#log, threadId, agentPath, metadata)
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
    return this.#start(this.#log.uniqueId(threadId), agentPath, {
      nickname,
      agent_role: role,
      task_name: taskName,
      session_source: { subagent: { thread_spawn: { ...origin, agent_role: role } } },
      ...metadata,
    })
  }

  observeAgentResult({ childThreadId, childTurnId, parentThreadId, message, payload }: AgentResult): void {
    const carried = payload === undefined ? null : this.#log.payload('agent_result', payload)
    this.#log.append(
      { threadId: parentThreadId, turnId: null },
      {
        type: 'agent_result_observed',
        edge_id: `edge:agent_result:${childThreadId}:${childTurnId}:${parentThreadId}`,
        child_thread_id: childThreadId,
        child_codex_turn_id: childTurnId,
        parent_thread_id: parentThreadId,
        message: stringOf(message),
        carried_payload: carried,
      },
    )
  }

  observe(eventType: string, value: unknown): void {
    this.#log.observe(eventType, value)
  }

  async flush(): Promise<void> {
    await this.#log.sink.flush()
  }

  close(status: Exclude<RolloutStatus, 'running'> = 'completed'): Promise<void> {
    this.#closed ??= this.#close(status)
    return this.#closed
  }

  async #close(status: Exclude<RolloutStatus, 'running'>): Promise<void> {
    for (const thread of this.#threads.toReversed()) thread.end(status)
    this.#log.appendGlobal({ type: 'rollout_ended', status })
    await this.#log.sink.complete()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Returns the depth of an agent below the root. */
function depthOf(agentPath: string): number {
  return Math.max(1, agentPath.split('/').length - 2)
}
