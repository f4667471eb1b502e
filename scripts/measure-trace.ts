import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import {
  createTraceWriter,
  makeViewData,
  openTraceBundle,
  reduceTrace,
  type RawPayload,
  type TraceWriter,
} from '../src/trace.ts'

// node scripts/measure-trace.ts [events]
// Writes a bundle, reduces it, and has the reference's command reduce the same bundle where that is installed.

const reference = fileURLToPath(
  new URL('../node_modules/.cache/codecell-reference/node_modules/.bin/codex', import.meta.url),
)
/** What one cell comes to: a request, an acceptance, the cell, and two for each nested call. */
const eventsPerCell = 206
const events = Number(process.argv[2] ?? 100_000)
const folder = mkdtempSync(join(tmpdir(), 'codecell-measure-'))
try {
  measure(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function measure(root: string): void {
  const writer = createTraceWriter({
    root,
    rootThreadId: 'T1',
    traceId: 'trace',
    onWarning: (text) => console.error(text),
  })
  const written = timed(() => writeTrace(writer))
  console.log(`write: ${events} events, ${((written.ms * 1000) / events).toFixed(1)} µs each`)
  const bundle = openTraceBundle(writer.directory ?? '')
  const reduced = timed(() => JSON.stringify(reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)))
  const size = (reduced.value.length / 1e6).toFixed(1)
  const viewed = timed(() => JSON.stringify(makeViewData(bundle)))
  console.log(`view: ${Math.round(viewed.ms)} ms, data ${(viewed.value.length / 1e6).toFixed(1)} MB`)
  const { maxRSS } = process.resourceUsage()
  console.log(`reduce: ${Math.round(reduced.ms)} ms, state ${size} MB, peak memory ${Math.round(maxRSS / 1000)} MB`)
  if (!existsSync(reference)) return console.log('reference: not installed (npm run compare:reference installs it)')
  const output = join(root, 'reference.json')
  const environment = { PATH: process.env['PATH'], HOME: root, CODEX_HOME: root }
  const args = ['debug', 'trace-reduce', writer.directory ?? '', '--output', output]
  const other = timed(() => spawnSync(reference, args, { encoding: 'utf8', env: environment }))
  if (other.value.status !== 0) return console.log(`reference: ${other.value.stderr}`)
  const isEqual = isDeepStrictEqual(JSON.parse(reduced.value), JSON.parse(readFileSync(output, 'utf8')))
  console.log(`reference: ${Math.round(other.ms)} ms with its start, ${isEqual ? 'the same state' : 'another state'}`)
}

function timed<Value>(run: () => Value): { readonly value: Value; readonly ms: number } {
  const start = performance.now()
  const value = run()
  return { value, ms: performance.now() - start }
}

/** Cells with a hundred nested calls; every request builds on the response before it. */
function writeTrace(writer: TraceWriter): void {
  const add = (payload: RawPayload, threadId: string | null = 'T1'): void => {
    writer.append({ threadId, turnId: threadId === null ? null : 'turn-1' }, payload)
  }
  add({ type: 'rollout_started', trace_id: 'trace', root_thread_id: 'T1' }, null)
  add({ type: 'thread_started', thread_id: 'T1', agent_path: '/root', metadata_payload: null }, null)
  add({ type: 'codex_turn_started', codex_turn_id: 'turn-1', thread_id: 'T1' })
  for (let index = 0; index < Math.ceil(events / eventsPerCell); index++) {
    writeRequest(writer, add, index)
    add({
      type: 'code_cell_started',
      runtime_cell_id: String(index),
      model_visible_call_id: `call-${index}`,
      source_js: 'text(1)',
    })
    for (let nested = 0; nested < 100; nested++) writeNestedCall(add, index, `exec-${index}-${nested}`)
    const response = { runtime_cell_id: String(index), status: 'completed', response_payload: null } as const
    add({ type: 'code_cell_initial_response', ...response })
    add({ type: 'code_cell_ended', ...response })
  }
  writer.complete()
}

function writeRequest(writer: TraceWriter, add: (payload: RawPayload) => void, index: number): void {
  const before = { call_id: `call-${index - 1}`, output: '1' }
  const input =
    index === 0
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }]
      : [{ type: 'custom_tool_call_output', ...before }]
  const chain = index === 0 ? {} : { previous_response_id: `response-${index - 1}` }
  const request = writer.writePayload('inference_request', { input, ...chain })
  const call = {
    type: 'custom_tool_call',
    id: `item-${index}`,
    call_id: `call-${index}`,
    name: 'exec',
    input: 'text(1)',
  }
  const response = writer.writePayload('inference_response', { output_items: [call] })
  if (request === null || response === null) throw new Error('a payload was lost')
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

function writeNestedCall(add: (payload: RawPayload) => void, cell: number, id: string): void {
  add({
    type: 'tool_call_started',
    tool_call_id: id,
    model_visible_call_id: null,
    code_mode_runtime_tool_id: 'tool-1',
    requester: { type: 'code_cell', runtime_cell_id: String(cell) },
    kind: { type: 'other', name: 'add' },
    summary: { type: 'generic', label: 'add', input_preview: null, output_preview: null },
    invocation_payload: null,
  })
  add({ type: 'tool_call_ended', tool_call_id: id, status: 'completed', result_payload: null })
}
