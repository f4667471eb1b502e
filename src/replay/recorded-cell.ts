import { CodecellError } from '../errors.ts'
import type { SourceLocation } from '../events/session-event.ts'
import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { EnginePrint } from '../protocol/engine-print.ts'
import { isRecord } from '../protocol/json.ts'
import type { CellLogHead, CellLogLine } from '../trace/format/cell-log.ts'
import type { FoundCellLog, TraceBundle } from '../trace/bundle/open-bundle.ts'

/** A recorded event, and its location in the source. */
export type RecordedEvent = { readonly event: CellEvent; readonly location: SourceLocation | null }

/** One recorded run of a program: its inputs and events. */
export type RecordedRun = {
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly commands: readonly JournaledCommand[]
  readonly events: readonly RecordedEvent[]
  /** Retained outputs that the cell read; null if there was none. */
  readonly outputs: ReadonlyMap<number, string | null>
  /** The engine that ran the program; null in older logs. */
  readonly engine: EnginePrint | null
}

/** The part of a cell log that determines the behavior of the cell. */
export type RecordedCell = {
  readonly head: CellLogHead
  /** `ALL_TOOLS` in JSON. */
  readonly catalogue: string
  readonly tools: readonly string[]
  /** A program with types has two: the first is rejected. */
  readonly runs: readonly RecordedRun[]
}

/** The maximum length of a cell log, in characters: it is held in memory. */
const maxLength = 2 ** 28
/** The maximum length of a catalogue or stored value, in characters, as in sessions. */
const maxText = 2 ** 26
/** The cost of a line in addition to its text, in characters. */
const lineLength = 100

/** Reads a cell log. Throws `TRACE_INVALID`, `TRACE_UNREADABLE`. */
export function readRecordedCell(bundle: TraceBundle, { path, head }: FoundCellLog): RecordedCell {
  const catalogue = textOf(bundle, head.catalogue)
  return { head, catalogue, tools: toolsOf(catalogue), runs: readRuns(bundle, path) }
}

type OpenRun = {
  readonly start: StartCommand
  readonly storedValues: Map<string, string>
  readonly commands: JournaledCommand[]
  readonly events: RecordedEvent[]
  readonly outputs: Map<number, string | null>
  engine: EnginePrint | null
}

function readRuns(bundle: TraceBundle, path: string): OpenRun[] {
  const runs: OpenRun[] = []
  let length = 0
  for (const line of bundle.readCellLog(path)) {
    if (line.type === 'run') runs.push(openRun(bundle, line))
    const run = runs.at(-1)
    length += lengthOf(line) + (line.type === 'run' ? sum(run?.storedValues.values() ?? []) : 0)
    if (length > maxLength) throw invalid(`${path} has more than ${maxLength} characters`)
    if (run !== undefined) addTo(run, line)
    else if (isOfRun(line)) throw invalid(`${path} has a line "${line.type}" before any run`)
  }
  return runs
}

function openRun(bundle: TraceBundle, line: Extract<CellLogLine, { readonly type: 'run' }>): OpenRun {
  const storedValues = new Map<string, string>()
  let length = 0
  for (const [key, file] of line.stored_values) {
    const text = textOf(bundle, file)
    length += text.length + lineLength
    if (length > maxLength) throw invalid(`its stored values have more than ${maxLength} characters`)
    storedValues.set(key, text)
  }
  return { start: line.start, storedValues, commands: [], events: [], outputs: new Map(), engine: null }
}

function textOf(bundle: TraceBundle, path: string): string {
  const text = bundle.readText(path)
  if (text.length > maxText) throw invalid(`${path} has more than ${maxText} characters`)
  return text
}

function isOfRun(line: CellLogLine): boolean {
  return line.type === 'event' || line.type === 'command' || line.type === 'output'
}

function addTo(run: OpenRun, line: CellLogLine): void {
  if (line.type === 'event') {
    run.events.push({ event: line.event, location: line.place })
    run.engine ??= line.engine ?? null
  }
  if (line.type === 'command') run.commands.push(line.command)
  // A retained output never changes.
  else if (line.type === 'output' && !run.outputs.has(line.output)) run.outputs.set(line.output, line.body)
}

function lengthOf(line: CellLogLine): number {
  const content = line.type === 'event' ? line.event : line.type === 'command' ? line.command : line
  const body = content.type === 'run' ? content.start.body : 'body' in content ? content.body : null
  return lineLength + (body?.length ?? 0)
}

function sum(texts: Iterable<string>): number {
  let length = 0
  for (const text of texts) length += text.length
  return length
}

function toolsOf(catalogue: string): string[] {
  let tools: unknown
  try {
    tools = JSON.parse(catalogue)
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', 'The tools of a cell are not JSON', { cause })
  }
  if (!Array.isArray(tools)) throw invalid('the tools of a cell are not an array')
  return tools.map((tool: unknown) => {
    if (!isRecord(tool) || typeof tool['name'] !== 'string') throw invalid('a tool of a cell has no name')
    return tool['name']
  })
}

function invalid(what: string): CodecellError {
  return new CodecellError('TRACE_INVALID', `Cannot replay the cell: ${what}`)
}
