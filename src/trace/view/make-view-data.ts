import { CodecellError } from '../../errors.ts'
import type { TraceBundle } from '../bundle/open-bundle.ts'
import { payloadFile } from '../format/payload-file.ts'
import type { RawEvent } from '../format/raw-event.ts'
import { reduceTrace } from '../reducer/reduce-trace.ts'
import { isRecordingClosed, type EdgeAnchor, type TraceState } from '../format/trace-state.ts'
import { stateTimeline } from '../timeline/timeline.ts'
import { viewCells } from './cells.ts'
import type { ViewData } from './view-data.ts'
import { viewItems } from './conversation-items.ts'
import { ViewPayloads } from './payloads.ts'
import { maxNameLength, reasonOf, ViewTexts } from './bounded-texts.ts'
import { shownEntries, viewEntry } from './entries.ts'
import { viewToolCalls } from './tool-calls.ts'

/** The maximum size of a log, in bytes: about half a million events. */
const maxLogBytes = 2 ** 28

/** The maximum number of threads, edges and payloads of a page. */
const maxObjects = 50_000

/**
 * Reduces a bundle to the data of a viewer page. What cannot be reduced or read, or exceeds a limit, is reported in `problems`.
 * Never throws for a damaged bundle.
 */
export function makeViewData(bundle: TraceBundle): ViewData {
  const counter = { events: 0 }
  let state: TraceState
  try {
    const size = bundle.size(bundle.manifest.raw_event_log)
    if (size > maxLogBytes) return emptyData(bundle, 0, `The log has ${size} bytes; the maximum is ${maxLogBytes}`)
    state = reduceTrace(bundle.manifest, counted(bundle.events(), counter), bundle.payloads)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    return emptyData(bundle, counter.events, `Cannot reduce the trace: ${reasonOf(error)}`)
  }
  if (hasLongIds(state)) return emptyData(bundle, counter.events, `The trace has ids longer than ${maxNameLength}`)
  return dataOf(bundle, state, counter.events)
}

/** Ids are repeated in the data, and cut ids could connect unrelated objects. */
function hasLongIds(state: TraceState): boolean {
  const paths = Object.values(state.raw_payloads).map((reference) => payloadFile(reference) ?? '')
  const { threads, codex_turns, inference_calls, code_cells, tool_calls, conversation_items, interaction_edges } = state
  const objects = [threads, codex_turns, inference_calls, code_cells, tool_calls, conversation_items, interaction_edges]
  const ids = [...objects, state.raw_payloads].flatMap((objectsById) => Object.keys(objectsById))
  return [...ids, ...paths].some((id) => id.length > maxNameLength)
}

function* counted(events: Iterable<RawEvent>, counter: { events: number }): Generator<RawEvent> {
  for (const event of events) {
    counter.events++
    yield event
  }
}

function dataOf(bundle: TraceBundle, state: TraceState, events: number): ViewData {
  const texts = new ViewTexts()
  const payloads = new ViewPayloads({ size: bundle.payloadSize, read: bundle.payloads.read }, state.raw_payloads, texts)
  const first = <T>(objects: Readonly<Record<string, T>>, what: string): readonly T[] =>
    texts.first(Object.values(objects), maxObjects, what)
  const entries = shownEntries(stateTimeline(state), texts)
  const cells = viewCells({ bundle, state, payloads, texts })
  const data: Omit<ViewData, 'problems'> = {
    format: 2,
    traceId: texts.name(state.trace_id),
    rolloutId: texts.name(state.rollout_id),
    status: state.status,
    span: { start: state.started_at_unix_ms, end: state.ended_at_unix_ms },
    isComplete: isRecordingClosed(state),
    threads: first(state.threads, 'threads').map(({ thread_id: id, agent_path: path, nickname }) => ({
      id,
      path: texts.name(path),
      nickname: nickname === null ? null : texts.name(nickname),
    })),
    entries: entries.map((entry) => viewEntry(entry, texts)),
    cells,
    toolCalls: viewToolCalls({ state, entries, payloads, texts, cells }),
    items: viewItems(state, texts),
    edges: first(state.interaction_edges, 'edges').map(edgeOf),
    payloads: first(state.raw_payloads, 'payloads').map((reference) => ({
      id: reference.raw_payload_id,
      kind: texts.name(reference.kind.type),
      path: payloadFile(reference) ?? '',
    })),
    counts: { events, payloads: Object.keys(state.raw_payloads).length },
  }
  return { ...data, problems: texts.problems }
}

function emptyData({ manifest }: TraceBundle, events: number, problem: string): ViewData {
  return {
    format: 2,
    traceId: manifest.trace_id.slice(0, maxNameLength),
    rolloutId: manifest.rollout_id.slice(0, maxNameLength),
    status: 'running',
    span: { start: manifest.started_at_unix_ms, end: null },
    isComplete: false,
    threads: [],
    entries: [],
    cells: [],
    toolCalls: [],
    items: [],
    edges: [],
    payloads: [],
    counts: { events, payloads: 0 },
    problems: [problem.slice(0, 2000)],
  }
}

function edgeOf(edge: TraceState['interaction_edges'][string]): ViewData['edges'][number] {
  const { edge_id: id, kind, source, target, started_at_unix_ms: at } = edge
  return { id, kind, from: anchorId(source), to: anchorId(target), at }
}

function anchorId(anchor: EdgeAnchor): string {
  switch (anchor.type) {
    case 'conversation_item':
      return anchor.item_id
    case 'tool_call':
      return anchor.tool_call_id
    case 'thread':
      return anchor.thread_id
    default:
      return anchor satisfies never
  }
}
