import { modes, type Mode } from '../agent/tool-runner.ts'
import { Fields } from '../values/fields.ts'

/** One run of a task. */
export type RunKey = { readonly task: string; readonly mode: Mode; readonly repeat: number }

/**
 * The end of a run. `passed`: all checks passed; `failed`: the model did not solve the task; `error`: the run could not be completed,
 * e.g. because the endpoint failed.
 */
type RunStatus = (typeof statuses)[number]

const statuses = ['passed', 'failed', 'error'] as const

/** A line of the results file. */
export type RunRecord = RunKey & {
  readonly status: RunStatus
  /** The reasons of a run that did not pass. */
  readonly reasons: readonly string[]
  /** The final text of the model, truncated. */
  readonly answer: string | null
  readonly turns: number
  /** Calls of tools by the model: `exec`, `wait`, or the tools of servers. */
  readonly modelCalls: number
  /** Calls that reached the servers. */
  readonly toolCalls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly cacheWriteInputTokens: number
  readonly outputTokens: number
  /** Responses without numbers of tokens. */
  readonly turnsWithoutUsage: number
  /** The time without waits that the endpoint demanded, in milliseconds. */
  readonly durationMs: number
  readonly modelMs: number
  readonly retries: number
  readonly startedAt: string
  /** The trace bundle, relative to the folder of the results. */
  readonly trace: string | null
}

export function keyText({ task, mode, repeat }: RunKey): string {
  return `${task}/${mode}/${repeat}`
}

/** @throws {TypeError} for a line of another form */
export function parseRunRecord(value: unknown, where: string): RunRecord {
  const fields = new Fields(where, value)
  const count = (name: string): number => fields.countOr(name, 0)
  return {
    task: fields.text('task'),
    mode: fields.choice('mode', modes),
    repeat: count('repeat'),
    status: fields.choice('status', statuses),
    reasons: fields.texts('reasons'),
    answer: fields.value('answer') === null ? null : String(fields.value('answer')),
    turns: count('turns'),
    modelCalls: count('modelCalls'),
    toolCalls: count('toolCalls'),
    inputTokens: count('inputTokens'),
    cachedInputTokens: count('cachedInputTokens'),
    cacheWriteInputTokens: count('cacheWriteInputTokens'),
    outputTokens: count('outputTokens'),
    turnsWithoutUsage: count('turnsWithoutUsage'),
    durationMs: count('durationMs'),
    modelMs: count('modelMs'),
    retries: count('retries'),
    startedAt: fields.text('startedAt'),
    trace: fields.value('trace') === null ? null : fields.text('trace'),
  }
}
