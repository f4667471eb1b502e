import type { EventScope } from '../bundle/bundle-writer.ts'
import { isRecord } from '../../protocol/json.ts'
import type { ExecutionStatus, ToolKind } from '../format/raw-event.ts'
import { stringOf, type EventLog } from './event-log.ts'
import { isForAgent } from './recorded-kind.ts'

export type StartedCommand = {
  /** The program and its arguments, or a line for a shell. */
  readonly command: string | readonly string[]
  /** The working folder. */
  readonly cwd: string
  /** The `session_id` of later calls of `write_stdin`. A command without it cannot be written to. */
  readonly processId?: string | number
}

export type EndedCommand = {
  /** Null for a command without an exit code, such as one that a signal ended. */
  readonly exitCode: number | null
  readonly output: string
  /** @default `completed` for the exit code 0, else `failed` */
  readonly status?: Exclude<ExecutionStatus, 'running'>
}

/** Records the runtime of a tool call: a process, a server, another agent. A command can end after its call. */
export interface ToolRuntimeRecorder {
  /** The id of the call in the bundle. */
  readonly callId: string
  /** Records the start of the runtime. `kind` replaces the kind of the call, e.g. once its MCP server is known. */
  runtimeStarted(payload: unknown, kind?: ToolKind | null): void
  runtimeEnded(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void
  /** Records the start of a command. The call gets a terminal. */
  commandStarted(command: StartedCommand): void
  commandEnded(result: EndedCommand): void
  /** Records that this call of `write_stdin` writes to the command of another call. */
  writesTo(command: ToolRuntimeRecorder): void
  /**
   * Records that the call reached another agent: it started or closed the thread, or delivered a message or a task. The edge of
   * a message ends at the later item of that thread whose text is the call's argument `message`.
   */
  reachedAgent(threadId: string, agentPath: string): void
  /** Records the id of the call at its MCP server. */
  assignMcpCall(mcpCallId: string): void
}

/** The code of a command without an exit code. */
const noExitCode = -1

export class BundleToolRuntimeRecorder implements ToolRuntimeRecorder {
  readonly callId: string
  readonly #log: EventLog
  readonly #scope: EventScope
  #kind: ToolKind
  /** The process id of the command; undefined before it starts. */
  #command: { readonly processId: string | null } | undefined
  #hasMcpCall = false

  constructor(log: EventLog, scope: EventScope, callId: string, kind: ToolKind) {
    this.callId = callId
    this.#log = log
    this.#scope = scope
    this.#kind = kind
  }

  runtimeStarted(payload: unknown, kind: ToolKind | null = null): void {
    if (kind !== null) this.#kind = kind
    if (this.#kind.type === 'exec_command') return this.#startCommand(payload)
    if (isForAgent(this.#kind)) return this.#observe('started', null, payload)
    this.#start(plainPayload(payload))
  }

  runtimeEnded(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void {
    if (this.#kind.type === 'exec_command') return this.#endCommand(status, payload)
    if (isForAgent(this.#kind)) return this.#observe('ended', status, payload)
    this.#end(status, plainPayload(payload))
  }

  commandStarted({ command, cwd, processId }: StartedCommand): void {
    this.#kind = { type: 'exec_command' }
    const process_id = processId === undefined ? null : String(processId)
    this.#startCommand({ call_id: this.callId, process_id, started_at_ms: Date.now(), command, cwd })
  }

  commandEnded({ exitCode, output, status }: EndedCommand): void {
    const ended = { call_id: this.callId, completed_at_ms: Date.now(), exit_code: exitCode, aggregated_output: output }
    this.#endCommand(status ?? (exitCode === 0 ? 'completed' : 'failed'), ended)
  }

  writesTo({ callId }: ToolRuntimeRecorder): void {
    if (this.#kind.type !== 'write_stdin') return
    this.#log.append(this.#scope, {
      type: 'stdin_target_resolved',
      tool_call_id: this.callId,
      exec_tool_call_id: callId,
    })
  }

  reachedAgent(threadId: string, agentPath: string): void {
    const activity = activityOf(this.#kind)
    const about = { agent_thread_id: stringOf(threadId), agent_path: stringOf(agentPath) }
    if (activity === null) return this.#observe('reached_agent', null, about)
    this.#end('completed', {
      event_id: this.callId,
      occurred_at_ms: Date.now(),
      ...about,
      agent_path: isAgentPath(about.agent_path) ? about.agent_path : '/root',
      kind: activity,
    })
  }

  assignMcpCall(mcpCallId: string): void {
    if (this.#hasMcpCall) return
    this.#hasMcpCall = true
    this.#log.append(this.#scope, {
      type: 'mcp_tool_call_correlation_assigned',
      tool_call_id: this.callId,
      mcp_call_id: stringOf(mcpCallId),
    })
  }

  /** A call has one command at most. */
  #startCommand(payload: unknown): void {
    if (this.#command !== undefined) return
    const command = isRecord(payload) ? payload : {}
    const words: unknown = command['command']
    const processId = command['process_id'] ?? null
    this.#command = { processId: processId === null ? null : stringOf(processId) }
    this.#start({
      ...command,
      command: (Array.isArray(words) ? words : [words ?? '']).map((word: unknown) => stringOf(word)),
      cwd: stringOf(command['cwd'] ?? ''),
      process_id: this.#command.processId,
    })
  }

  #endCommand(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void {
    if (this.#command === undefined) this.#startCommand(payload)
    const result = isRecord(payload) ? payload : {}
    this.#end(status, {
      ...result,
      process_id: this.#command?.processId ?? null,
      exit_code: exitCodeOf(result['exit_code']),
      aggregated_output: stringOf(result['aggregated_output'] ?? result['stdout'] ?? ''),
    })
  }

  #start(payload: unknown): void {
    this.#log.append(this.#scope, {
      type: 'tool_call_runtime_started',
      tool_call_id: this.callId,
      kind: this.#kind,
      runtime_payload: this.#log.payload('tool_runtime_event', payload),
    })
  }

  #end(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void {
    this.#log.append(this.#scope, {
      type: 'tool_call_runtime_ended',
      tool_call_id: this.callId,
      status,
      runtime_payload: this.#log.payload('tool_runtime_event', payload),
    })
  }

  /** Logs an event of the runtime that readers cannot parse as one of its kind. */
  #observe(event: string, status: ExecutionStatus | null, payload: unknown): void {
    const type = 'codecell.tool_runtime'
    this.#log.observe(type, { type, tool_call_id: this.callId, event, status, payload })
  }
}

/** Returns what a call of this kind does to an agent; null if its kind is not for agents. */
function activityOf({ type }: ToolKind): 'started' | 'interacted' | 'interrupted' | null {
  if (type === 'spawn_agent') return 'started'
  if (type === 'close_agent') return 'interrupted'
  return type === 'send_message' || type === 'assign_agent_task' ? 'interacted' : null
}

/** Readers parse paths: names have lowercase letters, digits and underscores. */
function isAgentPath(path: string): boolean {
  return /^\/root(\/[a-z0-9_]+)*$/.test(path)
}

/** Returns a payload that readers do not mistake for the activity of an agent. */
function plainPayload(payload: unknown): unknown {
  return isRecord(payload) && 'agent_thread_id' in payload ? { payload } : payload
}

/** Returns an exit code as a 32-bit integer, as readers need it. */
function exitCodeOf(code: unknown): number {
  return typeof code === 'number' && Number.isInteger(code) ? code | 0 : noExitCode
}
