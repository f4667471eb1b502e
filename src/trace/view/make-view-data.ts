import { CodecellError } from '../../errors.ts'
import type { TraceBundle } from '../bundle/open-bundle.ts'
import { payloadFile } from '../format/payload-file.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import { isRecordingClosed, type TraceState } from '../format/trace-state.ts'
import { stateTimeline } from '../timeline/timeline.ts'
import { viewCells } from './cells.ts'
import type { ViewData, ViewEntry, ViewToolCall } from './view-data.ts'
import { viewItems } from './conversation-items.ts'
import { ViewPayloads } from './payloads.ts'
import { maxNameLength, reasonOf, ViewTexts } from './bounded-texts.ts'
import { viewEdge } from './edges.ts'
import { shownEntries, viewEntry, type ShownEntry } from './entries.ts'
import { parsePrices, costOf, priceOf, type TracePrices } from './prices.ts'
import { reduceReadable, type Readable } from './reduce-readable.ts'
import { viewCompactions, viewRequests } from './requests.ts'
import { noTotals, TraceTotals, viewThreads } from './threads.ts'
import { viewToolCalls } from './tool-calls.ts'

/** The maximum size of a log, in bytes: about half a million events. */
const maxLogBytes = 2 ** 28

/** The maximum number of edges and payloads of a page. */
const maxObjects = 50_000

export type ViewDataOptions = {
  /**
   * Prices of models, for the costs of requests.
   *
   * @default no costs
   */
  readonly prices?: TracePrices
}

/** The data of a page, and the payloads that the page can request by their ids. */
export type View = { readonly data: ViewData; readonly payloads: ReadonlyMap<string, PayloadReference> }

/**
 * Reduces a bundle to the data of a viewer page. What cannot be reduced or read, or exceeds a limit, is reported in `problems`.
 * Never throws for a damaged bundle.
 *
 * @throws {CodecellError} `INVALID_OPTION` for malformed prices
 */
export function makeViewData(bundle: TraceBundle, options: ViewDataOptions = {}): ViewData {
  return makeView(bundle, options).data
}

/** Returns the data of a page with the references of its payloads. */
export function makeView(bundle: TraceBundle, { prices }: ViewDataOptions = {}): View {
  const table = prices === undefined ? null : parsePrices(prices)
  let readable: Readable
  try {
    const size = bundle.size(bundle.manifest.raw_event_log)
    if (size > maxLogBytes) return withoutState(bundle, `The log has ${size} bytes; the maximum is ${maxLogBytes}`)
    readable = reduceReadable(bundle)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    return withoutState(bundle, `Cannot reduce the trace: ${reasonOf(error)}`)
  }
  const { state, problem, events, unreduced, failures } = readable
  const problems = problem === null ? [] : [problem]
  if (state === null) {
    const { data, payloads } = withoutState(bundle, ...problems)
    return { data: { ...data, counts: { events, payloads: 0 }, unreduced }, payloads }
  }
  if (hasLongIds(state)) return withoutState(bundle, ...problems, `The trace has ids longer than ${maxNameLength}`)
  const data = dataOf(bundle, state, { prices: table, failures })
  return {
    data: {
      ...data,
      status: problem === null ? state.status : 'unreadable',
      counts: { ...data.counts, events },
      unreduced,
      problems: [...problems, ...data.problems],
    },
    payloads: new Map(data.payloads.flatMap(({ id }) => payloadEntry(state, id))),
  }
}

function payloadEntry(
  { raw_payloads: payloads }: TraceState,
  id: string,
): readonly (readonly [string, PayloadReference])[] {
  const reference = payloads[id]
  return reference === undefined ? [] : [[id, reference]]
}

/** Ids are repeated in the data, and cut ids could connect unrelated objects. */
function hasLongIds(state: TraceState): boolean {
  const paths = Object.values(state.raw_payloads).map((reference) => payloadFile(reference) ?? '')
  const { threads, codex_turns, inference_calls, code_cells, tool_calls, conversation_items, interaction_edges } = state
  const objects = [threads, codex_turns, inference_calls, code_cells, tool_calls, conversation_items, interaction_edges]
  const ids = [...objects, state.raw_payloads].flatMap((objectsById) => Object.keys(objectsById))
  return [...ids, ...paths].some((id) => id.length > maxNameLength)
}

type Facts = { readonly prices: TracePrices | null; readonly failures: ReadonlyMap<string, string> }

function dataOf(bundle: TraceBundle, state: TraceState, facts: Facts): ViewData {
  const { prices } = facts
  const texts = new ViewTexts()
  const payloads = new ViewPayloads({ size: bundle.payloadSize, read: bundle.payloads.read }, state.raw_payloads, texts)
  const first = <T>(objects: Readonly<Record<string, T>>, what: string): readonly T[] =>
    texts.first(Object.values(objects), maxObjects, what)
  const shown = shownEntries(stateTimeline(state), texts)
  const cells = viewCells({ bundle, state, payloads, texts })
  const toolCalls = viewToolCalls({ state, entries: shown, payloads, texts, cells })
  const entries = entriesOf(shown, toolCalls, facts, texts)
  const totals = new TraceTotals(state, entries, prices)
  const data: Omit<ViewData, 'problems'> = {
    format: 3,
    traceId: texts.name(state.trace_id),
    rolloutId: texts.name(state.rollout_id),
    status: state.status,
    span: { start: state.started_at_unix_ms, end: state.ended_at_unix_ms },
    isComplete: isRecordingClosed(state),
    rootThreadId: texts.name(state.root_thread_id),
    threads: viewThreads(state, totals, texts),
    totals: totals.all,
    prices:
      prices === null
        ? null
        : { currency: prices.currency, unknownModels: totals.unknownModels.map((model) => texts.name(model)) },
    entries,
    cells,
    toolCalls,
    items: viewItems(state, payloads, texts),
    requests: viewRequests(state, new Set(entries.map(({ id }) => id)), texts),
    compactions: viewCompactions(state, texts),
    edges: first(state.interaction_edges, 'edges').map((edge) => viewEdge(edge, { state, payloads, texts })),
    payloads: first(state.raw_payloads, 'payloads').map((reference) => ({
      id: reference.raw_payload_id,
      kind: texts.name(reference.kind.type),
      path: payloadFile(reference) ?? '',
    })),
    unreduced: [],
    counts: { events: 0, payloads: Object.keys(state.raw_payloads).length },
  }
  return { ...data, problems: texts.problems }
}

function entriesOf(
  shown: readonly ShownEntry[],
  toolCalls: readonly ViewToolCall[],
  { prices, failures }: Facts,
  texts: ViewTexts,
): readonly ViewEntry[] {
  const errors = new Set(toolCalls.filter(({ errorText }) => errorText !== null).map(({ id }) => id))
  return shown.map((entry) => {
    const { usage, server, name, status } = entry
    const price = prices === null ? null : priceOf(prices, server, name)
    const isError = status === 'failed' || (status === 'completed' && errors.has(entry.id))
    const failure = failures.get(entry.id)
    return viewEntry(
      entry,
      {
        isError,
        cost: usage === null || price === null ? null : costOf(usage, price),
        failure: failure === undefined ? null : texts.preview(failure),
      },
      texts,
    )
  })
}

/** Returns the data of a bundle without a state: its identity and its problems. */
function withoutState({ manifest }: TraceBundle, ...problems: readonly string[]): View {
  const data: ViewData = {
    format: 3,
    traceId: manifest.trace_id.slice(0, maxNameLength),
    rolloutId: manifest.rollout_id.slice(0, maxNameLength),
    status: 'unreadable',
    span: { start: manifest.started_at_unix_ms, end: null },
    isComplete: false,
    rootThreadId: manifest.root_thread_id.slice(0, maxNameLength),
    threads: [],
    totals: noTotals(),
    prices: null,
    entries: [],
    cells: [],
    toolCalls: [],
    items: [],
    requests: [],
    compactions: [],
    edges: [],
    payloads: [],
    unreduced: [],
    counts: { events: 0, payloads: 0 },
    problems: problems.map((problem) => problem.slice(0, 2000)),
  }
  return { data, payloads: new Map() }
}
