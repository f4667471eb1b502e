import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { CodecellError } from '../../../src/index.ts'
import { createTraceWriter, openTraceBundle, reduceTrace } from '../../../src/trace.ts'
import {
  parseRawEvent,
  payloadFile,
  parseTraceManifest,
  type PayloadReference,
  type RawEvent,
  type TraceState,
} from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'
import { recordPlan, threadIds, tracePlans, writeRecording, type TracePlan } from './generated.ts'
import type { Recording } from '../recorder/recording.ts'

/** Models write any arguments of `wait`. */
const plans = tracePlans(fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"cell_id":"1"}', '{"cell_id":"9"}')))

/** Writing a bundle takes longer than reading it several times. */
const editsOfBundle = 20
const many = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(value, { minLength: editsOfBundle, maxLength: editsOfBundle })

type Property = readonly [name: string, check: (numRuns: number) => void]

/** Properties of any trace; each check takes the number of traces. */
export const properties: readonly Property[] = [
  [
    'interleaved threads reduce to what each of them did',
    (numRuns) => {
      fc.assert(
        fc.property(plans, (plan) => {
          const state = recordPlan(plan).reduce()
          expect([state.status, state.recording_complete]).toEqual(['completed', true])
          expect(threadIds.slice(0, plan.threads.length).map((id) => summaryOf(state, id))).toEqual(
            plannedSummaries(plan),
          )
        }),
        { numRuns },
      )
    },
  ],
  [
    'a log reduces when it ends at any event, and the state says that it is cut',
    (numRuns) => {
      fc.assert(
        fc.property(plans, fc.nat(), (plan, cut) => {
          const recording = recordPlan(plan)
          expect(recording.reduce(cut % recording.events.length).recording_complete).toBe(false)
        }),
        { numRuns },
      )
    },
  ],
  [
    'a log reduces when its file ends at any byte',
    (numRuns) => {
      fc.assert(
        fc.property(plans, many(fc.nat()), (plan, cuts) => {
          const { log, reduce } = written(recordPlan(plan))
          const { length: size } = readFileSync(log)
          for (const cut of cuts.map((number) => number % size).toSorted((left, right) => right - left)) {
            truncateSync(log, cut)
            // A log without its last line end has the same content.
            expect(reduce().recording_complete).toBe(cut === size - 1)
          }
        }),
        { numRuns: Math.ceil(numRuns / editsOfBundle) },
      )
    },
  ],
  [
    'a log reduces to the same bytes from memory and from disk, each time',
    (numRuns) => {
      fc.assert(
        fc.property(plans, (plan) => {
          const recording = recordPlan(plan)
          const { reduce } = written(recording)
          const [first, second] = [JSON.stringify(reduce()), JSON.stringify(reduce())]
          expect(first).toBe(second)
          expect(JSON.stringify(recordPlan(plan).reduce())).toBe(JSON.stringify(recording.reduce()))
        }),
        { numRuns: Math.ceil(numRuns / 4) },
      )
    },
  ],
  [
    'the numbers of payloads do not change the state',
    (numRuns) => {
      fc.assert(
        fc.property(plans, fc.nat(), fc.boolean(), (plan, shift, isTurned) => {
          const recording = recordPlan(plan)
          const count = recording.payloads.size
          const other = (number: number): number => {
            const moved = (number + shift) % count
            return 1000 + (isTurned ? count - moved : moved)
          }
          expect(JSON.parse(JSON.stringify(renumber(recording, other)))).toEqual(
            JSON.parse(withNumbers(JSON.stringify(recording.reduce()), other)),
          )
        }),
        { numRuns },
      )
    },
  ],
  [
    'a log is rejected when two lines are swapped, or one is missing or repeated',
    (numRuns) => {
      const edits = fc.constantFrom('swap', 'drop', 'repeat')
      fc.assert(
        fc.property(plans, edits, fc.nat(), fc.nat(), (plan, edit, left, right) => {
          const recording = recordPlan(plan)
          const lines = recording.events.map((event) => JSON.stringify(event))
          const edited = editLines(lines, edit, left, right)
          expect(refusal(() => reduceLines(recording, edited))).toMatch(
            /^(?:missing or reordered trace event \d+|trace event after recording completed)$/,
          )
        }),
        { numRuns },
      )
    },
  ],
  [
    'any value in any part of an event leads to a state or a documented error',
    (numRuns) => {
      fc.assert(
        fc.property(plans, fc.nat(), fc.nat(), fc.jsonValue(), (plan, which, part, value) => {
          const recording = recordPlan(plan)
          const lines = recording.events.map((event) => JSON.stringify(event))
          const index = which % lines.length
          lines[index] = withOther(lines[index] ?? '', part, value)
          expect(() => refusal(() => reduceLines(recording, lines))).not.toThrow()
        }),
        { numRuns },
      )
    },
  ],
  [
    'any value in any part of a payload leads to a state or a documented error',
    (numRuns) => {
      fc.assert(
        fc.property(plans, fc.nat(), fc.nat(), fc.jsonValue(), (plan, which, part, value) => {
          const recording = recordPlan(plan)
          const [path, payload] = [...recording.payloads][which % recording.payloads.size] ?? []
          if (path === undefined) return
          const changed: unknown = JSON.parse(withOther(JSON.stringify(payload), part, value))
          recording.payloads.set(path, changed)
          expect(() => refusal(() => recording.reduce())).not.toThrow()
        }),
        { numRuns },
      )
    },
  ],
  [
    'any value in any part of the manifest leads to a manifest or a documented error',
    (numRuns) => {
      const { manifest } = recordPlan({ threads: [], order: [] })
      fc.assert(
        fc.property(fc.nat(), fc.jsonValue(), (part, value) => {
          const changed: unknown = JSON.parse(withOther(JSON.stringify(manifest), part, value))
          expect(() => refusal(() => parseTraceManifest(changed))).not.toThrow()
        }),
        { numRuns },
      )
    },
  ],
  ...['trace.jsonl', 'manifest.json', 'payloads/1.json', 'cells/1.jsonl'].map((file): Property => [
    `any bytes in ${file} lead to a state or a documented error`,
    (numRuns) => {
      const chunk = fc.uint8Array({ minLength: 1, maxLength: 8 })
      fc.assert(
        fc.property(plans, many(fc.tuple(fc.nat(), chunk, fc.boolean())), (plan, edits) => {
          const { directory, reduce } = written(recordPlan(plan))
          const path = join(directory, file)
          const whole = readFileSync(path)
          for (const [place, bytes, isInserted] of edits) {
            const at = place % (whole.length + 1)
            const rest = whole.subarray(isInserted ? at : at + bytes.length)
            writeFileSync(path, Buffer.concat([whole.subarray(0, at), bytes, rest]))
            expect(() => refusal(reduce)).not.toThrow()
            expect(() => refusal(() => readRecords(directory))).not.toThrow()
          }
        }),
        { numRuns: Math.ceil(numRuns / editsOfBundle) },
      )
    },
  ]),
]

type Summary = readonly [cells: number, nested: number, compactions: number, commands: number]

function summaryOf(state: TraceState, threadId: string): Summary {
  const ofThread = <Value extends { readonly thread_id: string }>(values: Record<string, Value>): Value[] =>
    Object.values(values).filter((value) => value.thread_id === threadId)
  const nested = ofThread(state.code_cells).flatMap((cell) => cell.nested_tool_call_ids)
  const commands = ofThread(state.tool_calls).filter((call) => call.summary.type === 'terminal')
  return [ofThread(state.code_cells).length, nested.length, ofThread(state.compactions).length, commands.length]
}

function plannedSummaries({ threads }: TracePlan): readonly Summary[] {
  return threads.map(({ cells, isCompacted, command }) => {
    const nested = cells.reduce((count, cell) => count + cell.nested.length, 0)
    return [cells.length, nested, Number(isCompacted), Number(command !== null)]
  })
}

type Written = { readonly directory: string; readonly log: string; readonly reduce: () => TraceState }

/** Writes the recording as a bundle, with a short cell log. */
function written(recording: Recording): Written {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', schema: 2, now: () => 1000 })
  writeRecording(recording, writer)
  const directory = writer.directory ?? ''
  mkdirSync(join(directory, 'cells'))
  const head = { type: 'cell', format: 1, at: 1, thread_id: 'T1', cell_id: '1', call_id: 'call-turn-1-1' }
  const lines = [
    { ...head, catalogue: 'cells/catalogue-1.json', source: 'text(1)' },
    { type: 'answered', at: 2, status: 'completed' },
    { type: 'closed', at: 3 },
  ]
  writeFileSync(join(directory, 'cells/1.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const reduce = (): TraceState => {
    const { manifest, events, payloads } = openTraceBundle(directory)
    return reduceTrace(manifest, events(), payloads)
  }
  return { directory, log: join(directory, 'trace.jsonl'), reduce }
}

function readRecords(directory: string): unknown {
  const bundle = openTraceBundle(directory)
  return [...bundle.cellLogs()].map(({ path }) => [...bundle.readCellLog(path)])
}

/** Reduces the recording with other payload numbers. */
function renumber(recording: Recording, other: (number: number) => number): TraceState {
  const values = new Map([...recording.payloads].map(([path, value]) => [withNumbers(path, other), value]))
  const has = (reference: PayloadReference): boolean => values.has(payloadFile(reference) ?? '')
  const read = (reference: PayloadReference): unknown => structuredClone(values.get(payloadFile(reference) ?? ''))
  const lines = recording.events.map((event) => withNumbers(JSON.stringify(event), other))
  return reduceTrace(recording.manifest, eventsOf(lines), { has, read })
}

function withNumbers(text: string, other: (number: number) => number): string {
  return text.replaceAll(
    /(raw_payload:|payloads\/)(\d+)/g,
    (_, name: string, number: string) => `${name}${other(Number(number))}`,
  )
}

function reduceLines(recording: Recording, lines: readonly string[]): TraceState {
  const has = (reference: PayloadReference): boolean => recording.payloads.has(payloadFile(reference) ?? '')
  const read = (reference: PayloadReference): unknown =>
    structuredClone(recording.payloads.get(payloadFile(reference) ?? ''))
  return reduceTrace(recording.manifest, eventsOf(lines), { has, read })
}

function eventsOf(lines: readonly string[]): readonly RawEvent[] {
  return lines.map((line, index) => parseRawEvent(line, index + 1))
}

/** The lines must differ, and must not be a prefix. */
function editLines(lines: readonly string[], edit: string, left: number, right: number): readonly string[] {
  const at = left % (lines.length - 1)
  const other = at + 1 + (right % (lines.length - 1 - at))
  const edited = [...lines]
  if (edit === 'drop') edited.splice(at, 1)
  else if (edit === 'repeat') edited.splice(other, 0, lines[at] ?? '')
  else [edited[at], edited[other]] = [lines[other] ?? '', lines[at] ?? '']
  return edited
}

/** Replaces the part of a JSON text with this number, in the order of reading. */
function withOther(json: string, part: number, value: unknown): string {
  let count = 0
  JSON.parse(json, () => void count++)
  let number = 0
  return JSON.stringify(JSON.parse(json, (_, old: unknown) => (number++ === part % count ? value : old)))
}

/** Returns the error of a bundle, or `a state`. Undocumented errors pass through. */
function refusal(run: () => unknown): string {
  try {
    run()
    return 'a state'
  } catch (error) {
    if (!(error instanceof CodecellError) || !error.code.startsWith('TRACE_')) throw error
    return error.message
  }
}
