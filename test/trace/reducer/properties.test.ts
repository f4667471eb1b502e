import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorCodes } from '../../../src/index.ts'
import { CodecellError } from '../../../src/index.ts'
import type { RawPayload } from '../../../src/trace-format.ts'
import { assistant, execCall, execOutput, Recording, user } from '../recorder/recording.ts'

/** A turn with cells, nested calls, malformed waits, and a thread that continues while they run. */
const cells = fc.array(
  fc.record({
    isYielded: fc.boolean(),
    nested: fc.nat(3),
    waits: fc.array(fc.oneof(fc.string(), fc.json(), fc.constant('{"cell_id":"1"}')), { maxLength: 3 }),
    end: fc.constantFrom('completed', 'failed', 'terminated', undefined),
  }),
  { maxLength: 5 },
)

function record(plan: typeof cells extends fc.Arbitrary<infer Plan> ? Plan : never): Recording {
  const recording = new Recording()
  const history: object[] = [user('go')]
  for (const [index, { isYielded, nested, waits, end }] of plan.entries()) {
    const runtimeId = String(index + 1)
    const callId = `call-${runtimeId}`
    recording.inference(`i${index}`, history, [execCall(callId)]).cell(callId, runtimeId)
    for (let count = 0; count < nested; count++) {
      const id = `exec-${index}-${count}`
      recording.tool({ tool_call_id: id, requester: { type: 'code_cell', runtime_cell_id: runtimeId } }).toolEnd(id)
    }
    recording.firstResponse(isYielded ? 'yielded' : 'completed', runtimeId)
    for (const [count, args] of waits.entries()) recording.wait(`wait-${index}-${count}`, args)
    if (end !== undefined) recording.cellEnd(end, runtimeId)
    history.push(execCall(callId), execOutput(callId, 'out'), assistant('next'))
  }
  return recording.add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: 'completed' })
}

test('each prefix of a log reduces, with any arguments of wait', () => {
  fc.assert(
    fc.property(cells, fc.nat(), (plan, cut) => {
      const recording = record(plan)
      const state = recording.reduce(cut % (recording.events.length + 1))
      expect(state.recording_complete).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('a log always reduces to the same bytes', () => {
  fc.assert(
    fc.property(cells, (plan) => {
      expect(JSON.stringify(record(plan).reduce())).toBe(JSON.stringify(record(plan).reduce()))
    }),
    { numRuns: 20 },
  )
})

test('a log with missing, repeated or swapped events reduces or is rejected with a documented error', () => {
  const edits = fc.array(fc.tuple(fc.constantFrom('drop', 'repeat', 'swap'), fc.nat()), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(cells, edits, (plan, steps) => {
      const recording = record(plan)
      const payloads = recording.events.map(({ payload, thread_id, codex_turn_id }) => ({
        payload,
        thread_id,
        codex_turn_id,
      }))
      for (const [step, position] of steps) edit(payloads, step, position % payloads.length)
      recording.events.length = 0
      for (const { payload, thread_id, codex_turn_id } of payloads) recording.add(payload, thread_id, codex_turn_id)
      expect(outcome(() => recording.reduce())).toBe('fine')
    }),
    { numRuns: 200 },
  )
})

test('a log with any JSON as a payload reduces or is rejected with a documented error', () => {
  fc.assert(
    fc.property(cells, fc.nat(), fc.jsonValue(), (plan, which, value) => {
      const recording = record(plan)
      const paths = [...recording.payloads.keys()]
      const path = paths[which % paths.length]
      if (path !== undefined) recording.payloads.set(path, value)
      expect(outcome(() => recording.reduce())).toBe('fine')
    }),
    { numRuns: 200 },
  )
})

type Entry = { payload: RawPayload; thread_id: string | null; codex_turn_id: string | null }

function edit(entries: Entry[], step: string, position: number): void {
  const entry = entries[position]
  const next = entries[position + 1]
  if (entry === undefined) return
  if (step === 'drop' && entries.length > 1) entries.splice(position, 1)
  else if (step === 'repeat') entries.splice(position, 0, entry)
  else if (step === 'swap' && next !== undefined) entries.splice(position, 2, next, entry)
}

function outcome(run: () => unknown): unknown {
  try {
    run()
    return 'fine'
  } catch (error) {
    return error instanceof CodecellError && errorCodes.includes(error.code) ? 'fine' : error
  }
}
