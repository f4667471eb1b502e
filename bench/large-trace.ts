import { BatchedWriter } from './batched-writer.ts'
import type { PayloadReference, RawPayload } from '../src/trace-format.ts'

/** The number of nested calls of each cell. */
const callsPerCell = 100

/** The content of a bundle: cells with a hundred nested calls each. */
export type LargeTrace = {
  readonly cells: number
  /** Whether each nested call has a payload for its input and one for its result. */
  readonly hasPayloads: boolean
}

/** A bundle of 100,000 events: a request, an acceptance and the cell have six events, and each call has two. */
export const manyEvents: LargeTrace = { cells: 486, hasPayloads: false }

/** A bundle of 200,000 payloads: each request has two, and each call has two. */
export const manyPayloads: LargeTrace = { cells: 991, hasPayloads: true }

/** Writes a bundle in a directory, always the same, and returns the path. */
export function writeLargeTrace(root: string, trace: LargeTrace): string {
  const writer = new BatchedWriter(root)
  writeTrace(writer, trace)
  return writer.directory
}

/** Writes cells with a hundred nested calls each; every request follows the response before it. */
function writeTrace(writer: BatchedWriter, { cells, hasPayloads }: LargeTrace): void {
  const add = (payload: RawPayload, threadId: string | null = 'T1'): void => {
    writer.append({ threadId, turnId: threadId === null ? null : 'turn-1' }, payload)
  }
  add({ type: 'rollout_started', trace_id: 'trace', root_thread_id: 'T1' }, null)
  add({ type: 'thread_started', thread_id: 'T1', agent_path: '/root', metadata_payload: null }, null)
  add({ type: 'codex_turn_started', codex_turn_id: 'turn-1', thread_id: 'T1' })
  for (let index = 0; index < cells; index++) {
    writeRequest(writer, add, index)
    add({
      type: 'code_cell_started',
      runtime_cell_id: String(index),
      model_visible_call_id: `call-${index}`,
      source_js: 'text(1)',
    })
    for (let nested = 0; nested < callsPerCell; nested++) {
      const payloads = hasPayloads ? callPayloads(writer, nested) : noPayloads
      writeNestedCall(add, payloads, { cell: index, id: `exec-${index}-${nested}` })
    }
    const response = { runtime_cell_id: String(index), status: 'completed', response_payload: null } as const
    add({ type: 'code_cell_initial_response', ...response })
    add({ type: 'code_cell_ended', ...response })
  }
  writer.complete()
}

function writeRequest(writer: BatchedWriter, add: (payload: RawPayload) => void, index: number): void {
  const before = { call_id: `call-${index - 1}`, output: '1' }
  const input =
    index === 0
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }]
      : [{ type: 'custom_tool_call_output', ...before }]
  const chain = index === 0 ? {} : { previous_response_id: `response-${index - 1}` }
  const request = writer.payload('inference_request', { input, ...chain })
  const call = {
    type: 'custom_tool_call',
    id: `item-${index}`,
    call_id: `call-${index}`,
    name: 'exec',
    input: 'text(1)',
  }
  const response = writer.payload('inference_response', { output_items: [call] })
  add({
    type: 'inference_started',
    inference_call_id: `inference-${index}`,
    thread_id: 'T1',
    codex_turn_id: 'turn-1',
    model: 'model',
    provider_name: 'provider',
    request_payload: request,
  })
  add({
    type: 'inference_completed',
    inference_call_id: `inference-${index}`,
    response_id: `response-${index}`,
    upstream_request_id: null,
    response_payload: response,
  })
  add({ type: 'history_item_accepted', item_id: `item-${index}` })
}

type CallPayloads = { readonly input: PayloadReference | null; readonly result: PayloadReference | null }

const noPayloads: CallPayloads = { input: null, result: null }

function callPayloads(writer: BatchedWriter, nested: number): CallPayloads {
  const path = `src/folder-${nested}/file.ts`
  const call = { tool_name: 'add', tool_namespace: null }
  return {
    input: writer.payload('tool_invocation', {
      ...call,
      payload: { type: 'function', arguments: JSON.stringify({ path, lines: [nested, nested + 20] }) },
    }),
    result: writer.payload('tool_result', {
      type: 'code_mode_response',
      value: { path, text: 'export const value = 1\n'.repeat(8), size: nested },
    }),
  }
}

type NestedCall = { readonly cell: number; readonly id: string }

function writeNestedCall(
  add: (payload: RawPayload) => void,
  { input, result }: CallPayloads,
  { cell, id }: NestedCall,
): void {
  add({
    type: 'tool_call_started',
    tool_call_id: id,
    model_visible_call_id: null,
    code_mode_runtime_tool_id: 'tool-1',
    requester: { type: 'code_cell', runtime_cell_id: String(cell) },
    kind: { type: 'other', name: 'add' },
    summary: { type: 'generic', label: 'add', input_preview: null, output_preview: null },
    invocation_payload: input,
  })
  add({ type: 'tool_call_ended', tool_call_id: id, status: 'completed', result_payload: result })
}
