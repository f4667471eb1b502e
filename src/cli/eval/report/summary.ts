import type { TracePrices } from '../../../trace-view.ts'
import { modes, type Mode } from '../agent/tool-runner.ts'
import type { EvalSettings } from '../runs/eval-settings.ts'
import type { RunRecord } from '../runs/run-record.ts'
import type { Task } from '../tasks/task.ts'
import { spreadOf, wilsonInterval, type Interval, type Spread } from './statistics.ts'

/** The figures of some runs in one mode. Runs with errors count only as errors. */
export type Figures = {
  readonly mode: Mode
  /** Runs that finished: passed or failed. */
  readonly runs: number
  readonly passed: number
  readonly errors: number
  readonly successInterval: Interval | null
  readonly turns: Spread | null
  readonly modelCalls: Spread | null
  readonly toolCalls: Spread | null
  readonly inputTokens: Spread | null
  readonly cachedInputTokens: Spread | null
  readonly outputTokens: Spread | null
  readonly durationMs: Spread | null
  /** Null without a price. */
  readonly cost: Spread | null
  readonly totals: { readonly inputTokens: number; readonly outputTokens: number; readonly cost: number | null }
  /** Responses without numbers of tokens: with any, tokens and costs are too low. */
  readonly turnsWithoutUsage: number
}

/** A failure for the report. */
type Failure = Pick<RunRecord, 'task' | 'mode' | 'repeat' | 'status' | 'reasons' | 'trace'>

/** Pairs of runs of a task in both modes. */
type Pairs = { readonly both: number; readonly onlyPlain: number; readonly onlyCode: number; readonly neither: number }

/** The report of an evaluation. */
export type EvalSummary = {
  readonly model: string
  readonly api: string
  readonly tasks: number
  readonly repeats: number
  readonly currency: string | null
  readonly modes: readonly Figures[]
  /** The runs that finished in both modes, by task and repeat; null when one mode has run. */
  readonly pairs: Pairs | null
  /** The figures of tasks with each tag. */
  readonly tags: readonly { readonly tag: string; readonly figures: readonly Figures[] }[]
  readonly byTask: readonly { readonly task: string; readonly figures: readonly Figures[] }[]
  readonly failures: readonly Failure[]
}

export type SummaryOptions = {
  readonly settings: EvalSettings
  readonly tasks: readonly Task[]
  /** The modes to show, in this order. */
  readonly modes: readonly Mode[]
  readonly repeats: number
  readonly records: readonly RunRecord[]
  readonly prices: TracePrices | null
}

/** Returns the report of the runs of some tasks and modes. */
export function summarize({ settings, tasks, modes: wanted, repeats, records, prices }: SummaryOptions): EvalSummary {
  const ids = new Set(tasks.map(({ id }) => id))
  const shown = records.filter(({ task, mode, repeat }) => ids.has(task) && wanted.includes(mode) && repeat < repeats)
  const price = prices === null ? null : priceOf(prices, settings)
  const figuresOf = (some: readonly RunRecord[]): readonly Figures[] =>
    modes
      .filter((mode) => wanted.includes(mode))
      .map((mode) =>
        figures(
          mode,
          some.filter((run) => run.mode === mode),
          price,
        ),
      )
  const tags = [...new Set(tasks.flatMap((task) => task.tags))].toSorted()
  return {
    model: settings.model,
    api: settings.api,
    tasks: tasks.length,
    repeats,
    currency: price === null ? null : (prices?.currency ?? null),
    modes: figuresOf(shown),
    pairs: wanted.length === 2 ? pairsOf(shown) : null,
    tags: tags.map((tag) => {
      const tagged = new Set(tasks.filter((task) => task.tags.includes(tag)).map(({ id }) => id))
      return { tag, figures: figuresOf(shown.filter(({ task }) => tagged.has(task))) }
    }),
    byTask: tasks.map(({ id }) => ({ task: id, figures: figuresOf(shown.filter(({ task }) => task === id)) })),
    failures: shown
      .filter(({ status }) => status !== 'passed')
      .map(({ task, mode, repeat, status, reasons, trace }) => ({ task, mode, repeat, status, reasons, trace }))
      .toSorted((one, other) => compareKeys(one, other)),
  }
}

function pairsOf(records: readonly RunRecord[]): Pairs {
  const pairs = { both: 0, onlyPlain: 0, onlyCode: 0, neither: 0 }
  const finished = records.filter(({ status }) => status !== 'error')
  for (const plain of finished.filter(({ mode }) => mode === 'plain')) {
    const { task, repeat, status } = plain
    const code = finished.find((run) => run.mode === 'code' && run.task === task && run.repeat === repeat)
    if (code === undefined) continue
    if (code.status === 'passed') pairs[status === 'passed' ? 'both' : 'onlyCode']++
    else pairs[status === 'passed' ? 'onlyPlain' : 'neither']++
  }
  return pairs
}

function compareKeys(one: Failure, other: Failure): number {
  if (one.task !== other.task) return one.task < other.task ? -1 : 1
  if (one.mode !== other.mode) return modes.indexOf(one.mode) - modes.indexOf(other.mode)
  return one.repeat - other.repeat
}

type Price = TracePrices['models'][string]

/** Returns the price of the model, as `codecell trace view` finds it: by `provider/name` or name. */
function priceOf({ models }: TracePrices, { api, model }: EvalSettings): Price | null {
  const name = [`${api}/${model}`, model].find((each) => Object.hasOwn(models, each))
  return name === undefined ? null : (models[name] ?? null)
}

function figures(mode: Mode, records: readonly RunRecord[], price: Price | null): Figures {
  const finished = records.filter(({ status }) => status !== 'error')
  const passed = finished.filter(({ status }) => status === 'passed').length
  const spread = (value: (record: RunRecord) => number): Spread | null => spreadOf(finished.map(value))
  // Runs with errors have cost something too.
  const total = (value: (record: RunRecord) => number): number =>
    records.reduce((sum, record) => sum + value(record), 0)
  return {
    mode,
    runs: finished.length,
    passed,
    errors: records.length - finished.length,
    successInterval: wilsonInterval(passed, finished.length),
    turns: spread(({ turns }) => turns),
    modelCalls: spread(({ modelCalls }) => modelCalls),
    toolCalls: spread(({ toolCalls }) => toolCalls),
    inputTokens: spread(({ inputTokens }) => inputTokens),
    cachedInputTokens: spread(({ cachedInputTokens }) => cachedInputTokens),
    outputTokens: spread(({ outputTokens }) => outputTokens),
    durationMs: spread(({ durationMs }) => durationMs),
    cost: price === null ? null : spread((record) => costOf(record, price)),
    totals: {
      inputTokens: total(({ inputTokens }) => inputTokens),
      outputTokens: total(({ outputTokens }) => outputTokens),
      cost: price === null ? null : total((record) => costOf(record, price)),
    },
    turnsWithoutUsage: total(({ turnsWithoutUsage }) => turnsWithoutUsage),
  }
}

const million = 1_000_000

function costOf(record: RunRecord, { input, output, cachedInput = input, cacheWriteInput = input }: Price): number {
  const { inputTokens, cachedInputTokens: cached, cacheWriteInputTokens: written, outputTokens } = record
  const plain = Math.max(0, inputTokens - cached - written)
  return (plain * input + cached * cachedInput + written * cacheWriteInput + outputTokens * output) / million
}
