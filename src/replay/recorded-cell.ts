import { CodecellError } from '../errors.ts'
import type { Place } from '../protocol/activity.ts'
import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { CellEvent } from '../protocol/event.ts'
import { isRecord } from '../protocol/json.ts'
import type { CellRecordHead } from '../trace/cell-record.ts'
import type { FoundCellRecord, TraceBundle } from '../trace/open-bundle.ts'

/** An event on record, and where in the source it came from. */
export type RecordedEvent = { readonly event: CellEvent; readonly place: Place | null }

/** One run of a program as it was recorded: what went in, and what came out. */
export type RecordedRun = {
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly commands: readonly JournaledCommand[]
  readonly events: readonly RecordedEvent[]
  /** What the cell read of the kept outputs of others; null: there was none. */
  readonly outputs: ReadonlyMap<number, string | null>
}

/** All of a cell's record that decides what the cell does. */
export type RecordedCell = {
  readonly head: CellRecordHead
  /** JSON text of `ALL_TOOLS`. */
  readonly catalogue: string
  readonly tools: readonly string[]
  /** Two for a program with types: the first is rejected. */
  readonly runs: readonly RecordedRun[]
}

/** The most that is read of one cell, in characters: it is held in memory. */
const maxLength = 2 ** 28
/** What a line costs beside its text, in characters. */
const lineLength = 100

/** Reads the record of one cell. Throws `TRACE_INVALID`, `TRACE_UNREADABLE`. */
export function readRecordedCell(bundle: TraceBundle, { path, head }: FoundCellRecord): RecordedCell {
  const catalogue = bundle.readText(head.catalogue)
  return { head, catalogue, tools: toolsOf(catalogue), runs: readRuns(bundle, path) }
}

type OpenRun = {
  readonly start: StartCommand
  readonly storedValues: Map<string, string>
  readonly commands: JournaledCommand[]
  readonly events: RecordedEvent[]
  readonly outputs: Map<number, string | null>
}

function readRuns(bundle: TraceBundle, path: string): OpenRun[] {
  const runs: OpenRun[] = []
  let length = 0
  const count = (text: string): string => {
    length += text.length + lineLength
    if (length > maxLength) throw invalid(`the record ${path} holds more than ${maxLength} characters`)
    return text
  }
  for (const line of bundle.readCellRecord(path)) {
    const run = runs.at(-1)
    if (line.type === 'run') {
      count(line.start.body)
      const values = line.stored_values.map(([key, file]) => [key, count(bundle.readText(file))] as const)
      runs.push({ start: line.start, storedValues: new Map(values), commands: [], events: [], outputs: new Map() })
    } else if (line.type === 'event' || line.type === 'command' || line.type === 'output') {
      if (run === undefined) throw invalid(`the record ${path} has a line "${line.type}" before any run`)
      if (line.type === 'output') {
        count(line.body ?? '')
        if (!run.outputs.has(line.output)) run.outputs.set(line.output, line.body)
      } else if (line.type === 'event') {
        count('body' in line.event ? line.event.body : '')
        run.events.push({ event: line.event, place: line.place })
      } else {
        count('body' in line.command ? line.command.body : '')
        run.commands.push(line.command)
      }
    }
  }
  return runs
}

function toolsOf(catalogue: string): string[] {
  let tools: unknown
  try {
    tools = JSON.parse(catalogue)
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', 'The tools of a cell are no JSON', { cause })
  }
  if (!Array.isArray(tools)) throw invalid('the tools of a cell are no list')
  return tools.map((tool: unknown) => {
    if (!isRecord(tool) || typeof tool['name'] !== 'string') throw invalid('a tool of a cell has no name')
    return tool['name']
  })
}

function invalid(what: string): CodecellError {
  return new CodecellError('TRACE_INVALID', `Cannot run a cell again: ${what}`)
}
