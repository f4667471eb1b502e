import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { messageOf } from '../../../errors.ts'
import type { HostPool } from '../../../index.ts'
import { connectMcpServers, serverStartError, type LoadedMcpServer, type McpServers } from '../../../mcp.ts'
import { createTraceRecorder, type TraceRecorder } from '../../../trace.ts'
import { recordedTools } from '../agent/recorded-tools.ts'
import { ConversationRun, type ConversationEnd, type ConversationFigures } from '../agent/run-conversation.ts'
import { systemText } from '../agent/system-text.ts'
import { TimeLimit } from '../agent/time-limit.ts'
import { openToolRunner } from '../agent/tool-runner.ts'
import type { RecordedCall } from '../checks/run-end.ts'
import { failedChecks } from '../checks/run-checks.ts'
import { Endpoint, EndpointError, type EndpointOptions } from '../models/endpoint.ts'
import { noUsage } from '../models/model-turn.ts'
import { startConversation } from '../models/start-conversation.ts'
import type { Task } from '../tasks/task.ts'
import type { EvalSettings } from './eval-settings.ts'
import type { RunKey, RunRecord } from './run-record.ts'

/** The parts that all runs share. */
export type RunServices = {
  readonly settings: EvalSettings
  readonly endpoint: EndpointOptions
  readonly hosts: HostPool
  /** Returns the servers of a task, which start in a folder. */
  readonly serversOf: (task: Task, folder: string) => readonly LoadedMcpServer[]
  /** The folder of the results. */
  readonly folder: string
  readonly isTraced: boolean
  readonly signal: AbortSignal
}

/** A run that ended. `isFinal`: every other run fails for the same reason. */
export type RunResult = { readonly record: RunRecord; readonly isFinal: boolean }

/** Runs a task once, with servers of its own in a temporary folder. Rejects only with the reason of the signal. */
export async function runTask(task: Task, key: RunKey, services: RunServices): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-eval-'))
  try {
    if (task.fixtures !== null) cpSync(task.fixtures, folder, { recursive: true })
    return await new TaskRun(task, key, services, folder).run()
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

type Ending = { readonly end: ConversationEnd | EndpointError | Error; readonly calls: readonly RecordedCall[] }

class TaskRun {
  readonly #task: Task
  readonly #key: RunKey
  readonly #services: RunServices
  readonly #folder: string
  readonly #endpoint: Endpoint
  readonly #startedAt = new Date()
  readonly #recorder: TraceRecorder | null
  #figures: ConversationFigures = { turns: 0, modelCalls: 0, usage: noUsage, turnsWithoutUsage: 0, modelMs: 0 }
  #durationMs = 0

  constructor(task: Task, key: RunKey, services: RunServices, folder: string) {
    this.#task = task
    this.#key = key
    this.#services = services
    this.#folder = folder
    this.#endpoint = new Endpoint(services.endpoint)
    const metadata = { model: services.settings.model, task: task.id, mode: key.mode, repeat: key.repeat }
    this.#recorder = services.isTraced ? createTraceRecorder({ root: join(services.folder, 'traces'), metadata }) : null
  }

  async run(): Promise<RunResult> {
    let isComplete = false
    try {
      const { end, calls } = await this.#converse()
      this.#services.signal.throwIfAborted()
      const result = await this.#resultOf(end, calls)
      isComplete = true
      return result
    } finally {
      await this.#recorder?.close(isComplete ? 'completed' : 'aborted')
    }
  }

  /** Runs the conversation. The servers have ended when it returns. */
  async #converse(): Promise<Ending> {
    const calls: RecordedCall[] = []
    try {
      await using servers = await this.#connect()
      if (servers.failures.length > 0) return { end: serverStartError(servers.failures), calls }
      return { end: await this.#converseWith(servers, calls), calls }
    } catch (error) {
      return { end: error instanceof Error ? error : new Error(messageOf(error)), calls }
    }
  }

  async #connect(): Promise<McpServers> {
    const { serversOf, signal } = this.#services
    return await connectMcpServers(serversOf(this.#task, this.#folder), { retryStarts: false, signal })
  }

  async #converseWith(servers: McpServers, calls: RecordedCall[]): Promise<ConversationEnd> {
    const { settings, hosts, signal } = this.#services
    const { model, api, execForm, maxOutputTokens, params } = settings
    await using runner = await openToolRunner({
      mode: this.#key.mode,
      tools: recordedTools(servers.tools, calls),
      hosts,
      listeners: this.#recorder === null ? [] : [this.#recorder.rootThread.listen()],
      execForm,
    })
    const turn = this.#recorder?.rootThread.startTurn() ?? null
    const { prompt } = this.#task
    const seed = settings.seed === null ? null : settings.seed + this.#key.repeat
    using time = new TimeLimit(1000 * (this.#task.limits.maxSeconds ?? settings.limits.maxSeconds))
    const run = new ConversationRun({
      model,
      api,
      endpoint: this.#endpoint,
      conversation: startConversation(api, {
        model,
        system: systemText,
        prompt,
        tools: runner.tools,
        maxOutputTokens,
        seed,
        params,
      }),
      runner,
      limits: { ...settings.limits, ...this.#task.limits },
      time,
      signal,
      recorder: {
        turn,
        items: [
          { type: 'message', role: 'system', content: [{ type: 'input_text', text: systemText }] },
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
        ],
      },
    })
    try {
      return await run.run()
    } finally {
      this.#figures = run.figures
      this.#durationMs = Math.round(time.usedMs)
      turn?.end(signal.aborted ? 'cancelled' : 'completed')
    }
  }

  async #resultOf(end: Ending['end'], calls: readonly RecordedCall[]): Promise<RunResult> {
    if (end instanceof Error) {
      const record = this.#record({ status: 'error', reasons: [end.message], answer: null, calls })
      return { record, isFinal: end instanceof EndpointError && end.isFinal }
    }
    if (end.type === 'failed') {
      return { record: this.#record({ status: 'failed', reasons: [end.reason], answer: null, calls }), isFinal: false }
    }
    const reasons = await failedChecks(this.#task.checks, { text: end.text, folder: this.#folder, calls })
    const status = reasons.length === 0 ? 'passed' : 'failed'
    return { record: this.#record({ status, reasons, answer: end.text.slice(-maxAnswer), calls }), isFinal: false }
  }

  #record(
    end: Pick<RunRecord, 'status' | 'reasons' | 'answer'> & { readonly calls: readonly RecordedCall[] },
  ): RunRecord {
    const { usage, modelMs, ...counts } = this.#figures
    const { calls, ...verdict } = end
    return {
      ...this.#key,
      ...verdict,
      reasons: verdict.reasons.map((reason) => reason.slice(0, maxReason)),
      ...counts,
      toolCalls: calls.length,
      inputTokens: usage.input,
      cachedInputTokens: usage.cachedInput,
      cacheWriteInputTokens: usage.cacheWriteInput,
      outputTokens: usage.output,
      durationMs: this.#durationMs,
      modelMs: Math.round(modelMs),
      retries: this.#endpoint.retries,
      startedAt: this.#startedAt.toISOString(),
      trace: this.#recorder === null ? null : relative(this.#services.folder, this.#recorder.directory),
    }
  }
}

const maxAnswer = 2000

const maxReason = 1000
