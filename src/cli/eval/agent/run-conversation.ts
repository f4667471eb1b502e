import type { TurnRecorder } from '../../../trace.ts'
import {
  addUsage,
  noUsage,
  type CallOutput,
  type Conversation,
  type ModelCall,
  type ModelTurn,
  type Usage,
} from '../models/model-turn.ts'
import { EndpointError, type ApiName, type Endpoint } from '../models/endpoint.ts'
import type { RunLimits } from '../tasks/task.ts'
import { TimeUsedUp, type TimeLimit } from './time-limit.ts'
import type { ToolRunner } from './tool-runner.ts'

/** The figures of a conversation. */
export type ConversationFigures = {
  /** Responses of the model. */
  readonly turns: number
  readonly modelCalls: number
  readonly usage: Usage
  /** Responses without numbers of tokens. */
  readonly turnsWithoutUsage: number
  /** The time of requests without waits, in milliseconds. */
  readonly modelMs: number
}

/** The end of a conversation: the final text of the model, or a reason why there is none. */
export type ConversationEnd =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string }

export type ConversationOptions = {
  readonly model: string
  readonly api: ApiName
  readonly endpoint: Endpoint
  readonly conversation: Conversation
  readonly runner: ToolRunner
  readonly limits: RunLimits
  readonly time: TimeLimit
  /** Aborts the run from outside. */
  readonly signal: AbortSignal
  readonly recorder: ConversationRecorder
}

/** Records a conversation in a trace. */
type ConversationRecorder = {
  readonly turn: TurnRecorder | null
  /** All items so far, in the form of the Responses API. */
  readonly items: object[]
}

/** Runs a conversation until the model responds without a call, or a limit ends it. */
export class ConversationRun {
  readonly #options: ConversationOptions
  #figures: ConversationFigures = { turns: 0, modelCalls: 0, usage: noUsage, turnsWithoutUsage: 0, modelMs: 0 }

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  get figures(): ConversationFigures {
    return this.#figures
  }

  /** @throws {EndpointError} when the endpoint fails; the reason of the signal when it aborts */
  async run(): Promise<ConversationEnd> {
    const { time, signal } = this.#options
    try {
      for (;;) {
        const end = await this.#step(AbortSignal.any([time.signal, signal]))
        if (end !== null) return end
      }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof TimeUsedUp || time.signal.aborted)
        return failed(`the run exceeded ${this.#options.limits.maxSeconds} s`)
      // Later refusals are about the conversation, e.g. its length. The first one is about the settings.
      if (error instanceof EndpointError && error.isRefusal && this.#figures.turns > 0) return failed(error.message)
      throw error
    }
  }

  async #step(signal: AbortSignal): Promise<ConversationEnd | null> {
    const { limits, conversation } = this.#options
    const { turns, usage } = this.#figures
    if (turns >= limits.maxTurns) return failed(`the run exceeded ${limits.maxTurns} turns`)
    if (usage.input + usage.output >= limits.maxTokens) return failed(`the run exceeded ${limits.maxTokens} tokens`)
    const turn = await this.#request(signal)
    if (turn.stop === 'refusal') return failed(`the model refused: ${turn.text.slice(0, 200)}`)
    if (turn.stop === 'length') return failed('a response reached the maximum of output tokens')
    if (turn.calls.length === 0) {
      return turn.text.trim() === ''
        ? failed('the model returned neither a text nor a call')
        : { type: 'text', text: turn.text }
    }
    const outputs = await this.#runCalls(turn.calls, signal)
    conversation.addOutputs(outputs)
    this.#options.recorder.items.push(...outputs.flatMap(({ items }) => items))
    return null
  }

  async #request(signal: AbortSignal): Promise<ModelTurn> {
    const { endpoint, conversation, recorder, model, api, time } = this.#options
    const body = conversation.request()
    const inference = recorder.turn?.startInference({ model, provider: api, request: { input: [...recorder.items] } })
    const startedMs = time.usedMs
    try {
      const onWait = (isWaiting: boolean): void => time.onWait(isWaiting)
      const turn = await endpoint.send(body, (response) => conversation.accept(response), { signal, onWait })
      this.#count(turn, time.usedMs - startedMs)
      recorder.items.push(...turn.items)
      inference?.complete({
        outputItems: turn.items,
        ...(turn.responseId === null ? {} : { responseId: turn.responseId }),
        ...(turn.usage === null ? {} : { usage: recordedUsage(turn.usage) }),
      })
      return turn
    } catch (error) {
      inference?.fail(error instanceof Error ? error.message : 'the request was aborted')
      throw error
    }
  }

  #count(turn: ModelTurn, modelMs: number): void {
    const { turns, modelCalls, usage, turnsWithoutUsage, modelMs: before } = this.#figures
    this.#figures = {
      turns: turns + 1,
      modelCalls: modelCalls + turn.calls.length,
      usage: addUsage(usage, turn.usage ?? noUsage),
      turnsWithoutUsage: turnsWithoutUsage + (turn.usage === null ? 1 : 0),
      modelMs: before + modelMs,
    }
  }

  async #runCalls(calls: readonly ModelCall[], signal: AbortSignal): Promise<readonly CallOutput[]> {
    const { runner, recorder } = this.#options
    // `exec` and `wait` record themselves.
    const isRecorded = ({ name }: ModelCall): boolean =>
      runner.tools.some((tool) => tool.name === name && isCodeTool(name))
    const records = calls.map((call) =>
      isRecorded(call)
        ? undefined
        : recorder.turn?.startToolCall({
            callId: call.id,
            name: call.name,
            input: { type: 'function', arguments: call.input },
          }),
    )
    try {
      const outputs = await runner.run(calls, signal)
      for (const [at, { items }] of outputs.entries()) records[at]?.end('completed', items[0] ?? null)
      return outputs
    } catch (error) {
      for (const record of records) record?.end('cancelled', null)
      throw error
    }
  }
}

function isCodeTool(name: string): boolean {
  return name === 'exec' || name === 'wait'
}

function failed(reason: string): ConversationEnd {
  return { type: 'failed', reason }
}

function recordedUsage({ input, cachedInput, cacheWriteInput, output }: Usage): {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly outputTokens: number
} {
  return {
    inputTokens: input,
    cachedInputTokens: cachedInput,
    cacheWriteInputTokens: cacheWriteInput,
    outputTokens: output,
  }
}
