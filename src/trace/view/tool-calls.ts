import { memberOf } from '../format/json-access.ts'
import { invocationText } from '../format/payload-text.ts'
import type { TraceState } from '../format/trace-state.ts'
import { callEntryId } from '../timeline/timeline-entry.ts'
import type { ViewTexts } from './bounded-texts.ts'
import type { ShownEntry } from './entries.ts'
import { resultTexts, toolErrorText, type ViewPayloads } from './payloads.ts'
import type { ViewCell, ViewText, ViewToolCall } from './view-data.ts'

type Parts = {
  readonly state: TraceState
  readonly entries: readonly ShownEntry[]
  readonly payloads: ViewPayloads
  readonly texts: ViewTexts
  readonly cells: readonly ViewCell[]
}

/** Returns the details of the calls among the entries, in their order. */
export function viewToolCalls({ state, entries, payloads, texts, cells }: Parts): readonly ViewToolCall[] {
  const lines = linesOf(cells)
  const calls = new Map(Object.values(state.tool_calls).map((call) => [callEntryId(call.tool_call_id), call]))
  return entries.flatMap((entry) => {
    const call = calls.get(entry.id)
    if (call === undefined) return []
    const details = inputAndOutput(entry, payloads, texts)
    return [{ id: entry.id, kind: call.kind.type, line: lines.get(entry.id) ?? null, ...details }]
  })
}

function linesOf(cells: readonly ViewCell[]): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  for (const { marks, nestedCallIds } of cells) {
    for (const { kind, index, line } of marks) {
      const id = kind === 'call' ? nestedCallIds[index] : undefined
      if (id !== undefined) lines.set(id, line)
    }
  }
  return lines
}

type Texts = Pick<ViewToolCall, 'input' | 'output' | 'errorText'>

function inputAndOutput(entry: ShownEntry, payloads: ViewPayloads, texts: ViewTexts): Texts {
  const input = invocationText(payloads.read(entry.inputPayload))
  const { output, error } = resultTexts(payloads.read(entry.outputPayloads[0]))
  return {
    input: textOrNull(input, texts),
    output: textOrNull(output, texts),
    errorText: textOrNull(error ?? runtimeError(entry, payloads), texts),
  }
}

/** Returns the error of an MCP server when only the event of the runtime has it. */
function runtimeError({ server, status, otherPayloads }: ShownEntry, payloads: ViewPayloads): string | null {
  if (server === null || status === 'running') return null
  const result = memberOf(payloads.read(otherPayloads.at(-1)), 'result')
  return toolErrorText(memberOf(result, 'Ok') ?? memberOf(result, 'ok'))
}

function textOrNull(text: string | null, texts: ViewTexts): ViewText | null {
  return text === null ? null : texts.preview(text)
}
