import type { AgentThread, TokenUsage, TraceState } from '../format/trace-state.ts'
import type { ViewTexts } from './bounded-texts.ts'
import { costOf, priceOf, type TracePrices } from './prices.ts'
import type { ViewData, ViewEntry, ViewThread, ViewTotals } from './view-data.ts'

/** The maximum number of threads of a page. */
const maxThreads = 50_000

type Sums = { -readonly [Name in keyof ViewTotals]: ViewTotals[Name] }

/** The model of a request that a recorder inferred: the request is part of the conversation, but was not made. */
const inferredModel = 'unrecorded'

/** Adds up tokens, cost, calls and errors, of the trace and of each thread. Models without a price are remembered. */
export class TraceTotals {
  readonly all: ViewTotals
  readonly #byThread = new Map<string, Sums>()
  readonly #unknownModels = new Set<string>()
  readonly #prices: TracePrices | null

  constructor(state: TraceState, entries: readonly ViewEntry[], prices: TracePrices | null) {
    this.#prices = prices
    const all = noTotals()
    for (const call of Object.values(state.inference_calls)) {
      if (call.model === inferredModel) continue
      const cost = this.cost(call.usage, call.provider_name, call.model)
      for (const sums of [all, this.#sumsOf(call.thread_id)]) addRequest(sums, call.usage, cost, prices !== null)
    }
    for (const request of Object.values(state.compaction_requests)) {
      for (const sums of [all, this.#sumsOf(request.thread_id)]) addRequest(sums, null, null, false)
    }
    for (const entry of entries) {
      for (const sums of [all, this.#sumsOf(entry.thread)]) addEntry(sums, entry)
    }
    this.all = all
  }

  get unknownModels(): readonly string[] {
    return [...this.#unknownModels].slice(0, 100)
  }

  /** Returns the cost of a request; null without tokens or without a price. */
  cost(usage: TokenUsage | null, provider: string | null, model: string): number | null {
    if (usage === null || this.#prices === null) return null
    const price = priceOf(this.#prices, provider, model)
    if (price === null) this.#unknownModels.add(model)
    return price === null ? null : costOf(usage, price)
  }

  of(threadId: string): ViewTotals {
    return this.#byThread.get(threadId) ?? noTotals()
  }

  #sumsOf(threadId: string): Sums {
    const sums = this.#byThread.get(threadId) ?? noTotals()
    this.#byThread.set(threadId, sums)
    return sums
  }
}

export function noTotals(): Sums {
  return {
    requests: 0,
    requestsWithoutUsage: 0,
    usage: {
      input_tokens: 0,
      cached_input_tokens: 0,
      cache_write_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
    },
    cost: null,
    requestsWithoutPrice: 0,
    cells: 0,
    calls: 0,
    errors: 0,
  }
}

function addRequest(sums: Sums, usage: TokenUsage | null, cost: number | null, hasPrices: boolean): void {
  sums.requests++
  if (usage === null) {
    sums.requestsWithoutUsage++
    return
  }
  sums.usage = {
    input_tokens: sums.usage.input_tokens + usage.input_tokens,
    cached_input_tokens: sums.usage.cached_input_tokens + usage.cached_input_tokens,
    cache_write_input_tokens: sums.usage.cache_write_input_tokens + usage.cache_write_input_tokens,
    output_tokens: sums.usage.output_tokens + usage.output_tokens,
    reasoning_output_tokens: sums.usage.reasoning_output_tokens + usage.reasoning_output_tokens,
  }
  if (cost !== null) sums.cost = (sums.cost ?? 0) + cost
  else if (hasPrices) sums.requestsWithoutPrice++
}

function addEntry(sums: Sums, { type, isError }: ViewEntry): void {
  if (type === 'cell') sums.cells++
  if (type === 'nested_call' || type === 'tool_call' || type === 'wait') sums.calls++
  if (isError) sums.errors++
}

/** Returns the agents of a trace: the root, then the others in the order in which they began. */
export function viewThreads(state: TraceState, totals: TraceTotals, texts: ViewTexts): ViewData['threads'] {
  const threads = Object.values(state.threads).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  const root = threads.filter(({ thread_id: id }) => id === state.root_thread_id)
  const others = threads.filter(({ thread_id: id }) => id !== state.root_thread_id)
  const shown = texts.first([...root, ...others], maxThreads, 'threads')
  return shown.map((thread) => viewThread(thread, totals.of(thread.thread_id), texts))
}

function viewThread(thread: AgentThread, totals: ViewTotals, texts: ViewTexts): ViewThread {
  const { origin, execution, nickname, default_model: model } = thread
  const name = (text: string): string | null => (text === '' ? null : texts.name(text))
  return {
    id: thread.thread_id,
    path: texts.name(thread.agent_path),
    nickname: nickname === null ? null : texts.name(nickname),
    role: origin.type === 'spawned' ? name(origin.agent_role) : null,
    task: origin.type === 'spawned' ? name(origin.task_name) : null,
    model: model === null ? null : texts.name(model),
    parent: origin.type === 'spawned' ? texts.name(origin.parent_thread_id) : null,
    start: execution.started_at_unix_ms,
    end: execution.ended_at_unix_ms,
    status: execution.status,
    totals,
  }
}
