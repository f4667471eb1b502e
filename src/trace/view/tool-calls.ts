import type { ToolCall, TraceState } from '../format/trace-state.ts'
import type { ViewCell, ViewText, ViewToolCall } from './view-data.ts'
import { invocationText } from '../format/payload-text.ts'
import { resultText, type ViewPayloads } from './payloads.ts'
import type { ViewTexts } from './bounded-texts.ts'

/** The most calls that a page is given. */
const mostCalls = 50_000

type Parts = {
  readonly state: TraceState
  readonly payloads: ViewPayloads
  readonly texts: ViewTexts
  readonly cells: readonly ViewCell[]
}

/** All calls of tools, of the model and of cells, in the order in which they began. */
export function viewToolCalls({ state, payloads, texts, cells }: Parts): readonly ViewToolCall[] {
  const lines = linesOf(cells)
  const calls = Object.values(state.tool_calls).toSorted(
    (left, right) => left.execution.started_seq - right.execution.started_seq,
  )
  return texts.first(calls, mostCalls, 'tool calls').map((call) => {
    const { started_at_unix_ms: start, ended_at_unix_ms: end, status } = call.execution
    return {
      id: call.tool_call_id,
      threadId: call.thread_id,
      cell: call.requester.type === 'code_cell' ? call.requester.code_cell_id : null,
      runtimeId: call.code_mode_runtime_tool_id === null ? null : texts.name(call.code_mode_runtime_tool_id),
      name: texts.name(toolName(call)),
      kind: call.kind.type,
      span: { start, end },
      status,
      line: lines.get(call.tool_call_id) ?? null,
      ...inputAndOutput(call, payloads, texts),
      payloads: payloadsOf(call),
    }
  })
}

/** The name as a person knows it: with its namespace, where it has one. */
export function toolName({ kind, summary }: Pick<ToolCall, 'kind' | 'summary'>): string {
  if (summary.type === 'generic') return summary.label
  return kind.name ?? kind.type
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

function inputAndOutput(call: ToolCall, payloads: ViewPayloads, texts: ViewTexts): Texts {
  const input = invocationText(payloads.read(call.raw_invocation_payload_id))
  const result = resultText(payloads.read(call.raw_result_payload_id))
  const isError = result?.isError === true
  return {
    input: textOrNull(input, texts),
    output: isError ? null : textOrNull(result?.text ?? null, texts),
    errorText: isError ? textOrNull(result.text, texts) : null,
  }
}

function textOrNull(text: string | null, texts: ViewTexts): ViewText | null {
  return text === null ? null : texts.preview(text)
}

function payloadsOf(call: ToolCall): readonly string[] {
  const {
    raw_invocation_payload_id: invocation,
    raw_runtime_payload_ids: runtime,
    raw_result_payload_id: result,
  } = call
  return [invocation, ...runtime, result].filter((id) => id !== null)
}
