import { setTimeout } from 'node:timers/promises'
import {
  createCodeModeTools,
  createSession,
  type CodeModeTools,
  type Session,
  type SessionOptions,
} from '../../../src/index.ts'
import type { ThreadRecorder, TraceRecorder, TurnRecorder } from '../../../src/trace.ts'
import type { ToolKind } from '../../../src/trace-format.ts'

export type AgentStart = {
  readonly recorder: TraceRecorder
  readonly thread: ThreadRecorder
  readonly path: string
  readonly model: string
  readonly options: SessionOptions
  /** The factor of all durations. */
  readonly pace: number
}

type Call = {
  readonly callId: string
  readonly name: string
  readonly input: object
  readonly kind: ToolKind
  /** The agent that the call reached. */
  readonly reached?: RecordedAgent
  readonly output: unknown
  readonly thought?: string
}

let items = 0

/** An agent of a scripted recording: a thread with a session, whose requests have the whole history. */
export class RecordedAgent {
  readonly path: string
  readonly thread: ThreadRecorder
  readonly session: Session
  readonly history: object[] = []
  readonly #start: AgentStart
  readonly #tools: CodeModeTools
  #turn: TurnRecorder | null = null
  #sent = 0

  private constructor(start: AgentStart, session: Session) {
    this.#start = start
    this.path = start.path
    this.thread = start.thread
    this.session = session
    this.#tools = createCodeModeTools(session, { waitBackoff: { minMs: 0 } })
  }

  static async start(start: AgentStart): Promise<RecordedAgent> {
    const session = await createSession({ ...start.options, listeners: [start.thread.listen()] })
    return new RecordedAgent(start, session)
  }

  get turn(): TurnRecorder {
    this.#turn ??= this.thread.startTurn(`turn-${this.thread.threadId}-${++items}`)
    return this.#turn
  }

  endTurn(): string {
    const { turnId } = this.turn
    this.turn.end()
    this.#turn = null
    return turnId
  }

  receive(...received: readonly object[]): void {
    this.history.push(...received)
  }

  /** Makes a request with the whole history; the response is part of it afterwards. */
  async request(...output: readonly object[]): Promise<void> {
    const { model } = this.#start
    const inference = this.turn.startInference({ model, provider: 'openai', request: { input: [...this.history] } })
    await this.pause(900)
    const length = JSON.stringify(this.history).length
    const cached = this.#sent
    this.#sent = length
    const usage = {
      inputTokens: 1800 + Math.ceil(length / 4),
      cachedInputTokens: cached === 0 ? 0 : 1800 + Math.floor(Math.min(cached, length) / 4),
      outputTokens: 40 + Math.ceil(JSON.stringify(output).length / 4),
      reasoningOutputTokens: 24,
    }
    inference.complete({ outputItems: output, responseId: `response-${++items}`, usage })
    this.history.push(...output)
  }

  /** Makes a request that fails. */
  async failRequest(error: string): Promise<void> {
    const { model } = this.#start
    const inference = this.turn.startInference({ model, provider: 'openai', request: { input: [...this.history] } })
    await this.pause(400)
    inference.fail(error)
  }

  /** Requests a cell and runs it; returns its id while it runs. */
  async exec(callId: string, source: string, thought?: string): Promise<string | null> {
    await this.request(...thoughts(thought), {
      type: 'custom_tool_call',
      id: `i-${callId}`,
      call_id: callId,
      name: 'exec',
      input: source,
    })
    const response = await this.#tools.exec.call(source, { callId })
    this.history.push({ type: 'custom_tool_call_output', call_id: callId, output: response.items })
    return response.cellId
  }

  async wait(callId: string, input: { readonly cell_id: string; readonly terminate?: boolean }): Promise<void> {
    await this.request({
      type: 'function_call',
      id: `i-${callId}`,
      call_id: callId,
      name: 'wait',
      arguments: JSON.stringify(input),
    })
    const response = await this.#tools.wait.call(input, { callId })
    this.history.push({ type: 'function_call_output', call_id: callId, output: response.items })
  }

  /** Requests a tool of the agent itself, and records its call. */
  async call({ callId, name, input, kind, reached, output, thought }: Call): Promise<void> {
    const args = JSON.stringify(input)
    await this.request(...thoughts(thought), {
      type: 'function_call',
      id: `i-${callId}`,
      call_id: callId,
      name,
      arguments: args,
    })
    const call = this.turn.startToolCall({ callId, name, kind, input: { type: 'function', arguments: args } })
    if (reached !== undefined) call.reachedAgent(reached.thread.threadId, reached.path)
    const item = { type: 'function_call_output', call_id: callId, output: JSON.stringify(output) }
    await this.pause(60)
    call.end('completed', item)
    this.history.push(item)
  }

  /** Delivers the last message of a turn to the parent. */
  deliver(parent: RecordedAgent, message: string, turnId: string): void {
    this.#start.recorder.observeAgentResult({
      childThreadId: this.thread.threadId,
      childTurnId: turnId,
      parentThreadId: parent.thread.threadId,
      message,
      payload: { child_agent_path: this.path, message, status: 'completed' },
    })
    parent.receive(agentMessage(this.path, parent.path, message))
  }

  async pause(milliseconds: number): Promise<void> {
    // waits because a viewer shows durations
    await setTimeout(milliseconds * this.#start.pace)
  }
}

function thoughts(text: string | undefined): readonly object[] {
  return text === undefined
    ? []
    : [{ type: 'reasoning', id: `rs-${++items}`, summary: [{ type: 'summary_text', text }] }]
}

/** An item with a text of one role. */
export function textItem(role: 'developer' | 'user' | 'assistant', text: string, phase?: string): object {
  const content = [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }]
  return { type: 'message', id: `msg-${++items}`, role, content, ...(phase === undefined ? {} : { phase }) }
}

/** A message between two agents. */
export function agentMessage(author: string, recipient: string, text: string): object {
  const content = [{ type: 'input_text', text }]
  return { type: 'agent_message', id: `letter-${++items}`, author, recipient, content }
}
