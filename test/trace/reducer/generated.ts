import fc from 'fast-check'
import type { TraceWriter } from '../../../src/trace.ts'
import type { ExecutionStatus, PayloadReference, RawPayload } from '../../../src/trace-format.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { assistant, execCall, execOutput, Recording, user } from '../recorder/recording.ts'

type CellPlan = {
  readonly source: string
  readonly isEarly: boolean
  readonly isYielded: boolean
  readonly nested: readonly string[]
  readonly waits: readonly string[]
  readonly end: 'completed' | 'failed' | 'terminated' | null
  readonly outputs: readonly string[]
}

type ThreadPlan = {
  readonly cells: readonly CellPlan[]
  readonly isCompacted: boolean
  readonly command: string | null
  readonly turnEnd: ExecutionStatus | null
}

export type TracePlan = { readonly threads: readonly ThreadPlan[]; readonly order: readonly number[] }

/** Ids with a meaning in objects, paths and URLs. The first is the one of every `Recording`. */
export const threadIds: readonly string[] = ['T1', '__proto__', '../T2', 'constructor%2f "ü"']

/** Plans of recordings. `waits` are the arguments of `wait`. */
export function tracePlans(waits: fc.Arbitrary<string>): fc.Arbitrary<TracePlan> {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })
  const cell = fc.record({
    source: text,
    isEarly: fc.boolean(),
    isYielded: fc.boolean(),
    nested: fc.array(text, { maxLength: 3 }),
    waits: fc.array(waits, { maxLength: 2 }),
    end: fc.constantFrom('completed', 'failed', 'terminated', null),
    outputs: fc.array(text, { maxLength: 2 }),
  })
  const thread = fc.record({
    cells: fc.array(cell, { maxLength: 3 }),
    isCompacted: fc.boolean(),
    command: fc.option(text),
    turnEnd: fc.constantFrom('completed', 'failed', 'cancelled', 'aborted', null),
  })
  return fc.record({
    threads: fc.array(thread, { minLength: 1, maxLength: threadIds.length }),
    order: fc.array(fc.nat(), { maxLength: 60 }),
  })
}

/** Records a plan, with interleaved events of all threads. */
export function recordPlan({ threads, order }: TracePlan): Recording {
  const recording = new Recording()
  const running = threads.map((plan, index) => new PlannedThread(recording, index, plan).events())
  for (let step = 0; running.length > 0; step++) {
    const index = (order[step % Math.max(order.length, 1)] ?? 0) % running.length
    if (running[index]?.next().done === true) running.splice(index, 1)
  }
  recording.add({ type: 'rollout_ended', status: 'completed' }, null, null)
  return recording.add({ type: 'recording_completed' }, null, null)
}

/** Writes a recording with codecell's writer, with unknown fields in each event. */
export function writeRecording(recording: Recording, writer: TraceWriter, more: object = {}): void {
  const written = new Map<string, PayloadReference | null>()
  for (const [path, value] of recording.payloads) {
    written.set(path, writer.writePayload(recording.kindOf(path), value))
  }
  for (const { payload, thread_id: threadId, codex_turn_id: turnId } of recording.events) {
    if (payload.type === 'recording_completed') writer.complete()
    else writer.append({ threadId, turnId }, Object.assign({}, withReferences(payload, written), more))
  }
}

/** Returns an event with the references that the writer returned. */
function withReferences(payload: RawPayload, written: ReadonlyMap<string, PayloadReference | null>): RawPayload {
  const members = Object.entries(payload).map(([name, value]: [string, unknown]) => {
    const path = isRecord(value) ? value['path'] : undefined
    return [name, typeof path === 'string' && written.has(path) ? written.get(path) : value]
  })
  return Object.assign({}, payload, Object.fromEntries(members))
}

/** One thread with a turn. Its generator yields one event at a time, so threads can be interleaved. */
class PlannedThread {
  readonly #recording: Recording
  readonly #plan: ThreadPlan
  readonly #thread: string
  readonly #turn: string
  readonly #history: object[] = [user('go')]
  #requests = 0

  constructor(recording: Recording, index: number, plan: ThreadPlan) {
    this.#recording = recording
    this.#plan = plan
    this.#thread = threadIds[index] ?? 'T1'
    this.#turn = `turn-${index + 1}`
  }

  *events(): Generator<void> {
    if (this.#thread !== 'T1') yield void this.#recording.startThread(this.#thread, this.#turn)
    for (const [index, cell] of this.#plan.cells.entries()) yield* this.#cell(cell, String(index + 1))
    if (this.#plan.command !== null) yield* this.#command(this.#plan.command)
    if (this.#plan.isCompacted) yield* this.#compaction()
    yield* this.#inference([assistant('done')])
    const { turnEnd } = this.#plan
    if (turnEnd !== null) yield this.#add({ type: 'codex_turn_ended', codex_turn_id: this.#turn, status: turnEnd })
    if (this.#thread !== 'T1') yield this.#add({ type: 'thread_ended', thread_id: this.#thread, status: 'completed' })
  }

  #add(payload: RawPayload): void {
    this.#recording.add(payload, this.#thread, this.#turn)
  }

  *#inference(output: readonly object[], meanwhile: Generator<void> | null = null): Generator<void> {
    const id = `inference-${this.#turn}-${++this.#requests}`
    yield void this.#recording.request(id, { input: this.#history }, this.#thread, this.#turn)
    if (meanwhile !== null) yield* meanwhile
    yield this.#add({
      type: 'inference_completed',
      inference_call_id: id,
      response_id: `response-${id}`,
      upstream_request_id: null,
      response_payload: this.#recording.payload('inference_response', { output_items: output }),
    })
  }

  *#cell(plan: CellPlan, runtimeId: string): Generator<void> {
    const callId = `call-${this.#turn}-${runtimeId}`
    const call = { ...execCall(callId, plan.source), id: `item-${callId}` }
    const work = this.#work(plan, runtimeId, callId)
    // A cell can start before the response of the model is complete.
    yield* this.#inference([call], plan.isEarly ? work : null)
    yield* work
    yield this.#add({ type: 'history_item_accepted', item_id: call.id })
    this.#history.push(call, ...plan.outputs.map((text) => execOutput(callId, text)), execOutput(callId, 'end'))
  }

  *#work(plan: CellPlan, runtimeId: string, callId: string): Generator<void> {
    const cell = { runtime_cell_id: runtimeId }
    yield this.#add({
      type: 'code_cell_started',
      ...cell,
      model_visible_call_id: callId,
      source_js: plan.source,
    })
    for (const [index, input] of plan.nested.entries()) {
      const from = { requester: { type: 'code_cell', ...cell } as const, code_mode_runtime_tool_id: `tool-${index}` }
      yield this.#toolStart(`exec-${callId}-${index}`, 'other', input, from)
    }
    yield this.#add({
      type: 'code_cell_initial_response',
      ...cell,
      status: plan.isYielded ? 'yielded' : 'completed',
      response_payload: this.#recording.payload('tool_result', { response: { Result: { cell_id: runtimeId } } }),
    })
    for (const [index, args] of plan.waits.entries()) {
      const id = `wait-${callId}-${index}`
      yield this.#toolStart(id, 'wait', args, { model_visible_call_id: id })
      yield this.#toolEnd(id, args)
    }
    for (const [index, result] of plan.nested.entries()) yield this.#toolEnd(`exec-${callId}-${index}`, result)
    const { end } = plan
    if (end !== null) yield this.#add({ type: 'code_cell_ended', ...cell, status: end, response_payload: null })
    yield this.#protocolEvent('codecell.notification', { cell_id: runtimeId, text: plan.source, result: 'delivered' })
  }

  #toolStart(id: string, name: string, args: string, more: object): void {
    const payload = { type: 'function', arguments: args }
    this.#add({
      type: 'tool_call_started',
      tool_call_id: id,
      model_visible_call_id: null,
      code_mode_runtime_tool_id: null,
      requester: { type: 'model' },
      kind: { type: 'other', name },
      summary: { type: 'generic', label: name, input_preview: null, output_preview: args },
      invocation_payload: this.#recording.payload('tool_invocation', { tool_name: name, payload }),
      ...more,
    })
  }

  #toolEnd(id: string, result: string): void {
    const value = { type: 'code_mode_response', value: result }
    const reference = this.#recording.payload('tool_result', value)
    this.#add({ type: 'tool_call_ended', tool_call_id: id, status: 'completed', result_payload: reference })
  }

  #protocolEvent(type: string, value: object): void {
    const reference = this.#recording.payload('protocol_event', value)
    this.#add({ type: 'protocol_event_observed', event_type: type, event_payload: reference })
  }

  *#command(output: string): Generator<void> {
    const id = `command-${this.#turn}`
    const kind = { type: 'exec_command' } as const
    const process = { call_id: id, process_id: this.#turn, command: ['ls', output], cwd: '/work' }
    const ended = { ...process, aggregated_output: output, stdout: output, stderr: '', exit_code: 0 }
    yield this.#toolStart(id, 'exec_command', '{}', { kind, model_visible_call_id: id })
    const begun = this.#recording.payload('tool_runtime_event', process)
    yield this.#add({ type: 'tool_call_runtime_started', tool_call_id: id, kind, runtime_payload: begun })
    const done = this.#recording.payload('tool_runtime_event', ended)
    yield this.#add({
      type: 'tool_call_runtime_ended',
      tool_call_id: id,
      status: 'completed',
      runtime_payload: done,
    })
    yield this.#toolEnd(id, output)
  }

  *#compaction(): Generator<void> {
    const replacement = [user('summary')]
    const checkpoint = { input_history: [...this.#history], replacement_history: replacement }
    this.#history.splice(0, this.#history.length, ...replacement)
    const reference = this.#recording.payload('compaction_checkpoint', checkpoint)
    const id = `compaction-${this.#turn}`
    yield this.#add({ type: 'compaction_installed', compaction_id: id, checkpoint_payload: reference })
  }
}
