import { MemoryJournal } from '../storage/memory/memory-journal.ts'
import { SpillableTexts, TextQuota } from '../storage/memory/spillable-texts.ts'
import type { SourceLocation } from '../events/session-event.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { EnginePrint } from '../protocol/engine-print.ts'
import type { CellEvent } from '../protocol/event.ts'
import { CellRuntime } from '../session/cell/cell-runtime.ts'
import type { LocalHostPool } from '../session/hosts/host-pool.ts'
import { hostedBody, type HostedCatalogue } from '../session/hosts/hosted-catalogue.ts'
import type { RecordedCell, RecordedRun } from './recorded-cell.ts'

/** Receives the events of a run. */
type RunListener = {
  readonly event: (event: CellEvent, location: SourceLocation | null) => void
  /** All commands have been handled. */
  readonly idle: () => void
  /** The cell reads a retained output that was not recorded; it receives null. */
  readonly outputMissing: (output: number) => void
}

export type RunOptions = {
  readonly hosts: LocalHostPool
  readonly catalogue: HostedCatalogue
  /** The engine of the program; null for that of new cells. */
  readonly engine: EnginePrint | null
  readonly run: RecordedRun
  readonly start: StartCommand
  /** Whether the recorded commands are replayed. */
  readonly withCommands: boolean
  readonly listener: RunListener
}

/** Registers the tools of a cell in the pool. */
export function hostedCatalogue(hosts: LocalHostPool, { catalogue, tools }: RecordedCell): HostedCatalogue {
  return { id: hosts.nameCatalogue(), body: hostedBody(catalogue, tools), json: catalogue }
}

/** Creates a runtime for a recorded run. It cannot call tools. */
export function runtimeFor(options: RunOptions): CellRuntime {
  const { hosts, catalogue, engine, run, start, withCommands, listener } = options
  // The log is in memory already.
  const texts = new SpillableTexts(new TextQuota({ memory: Infinity, disk: 0 }))
  const journal = new MemoryJournal({ ...start, catalogue: catalogue.id }, run.storedValues, texts)
  if (withCommands) for (const command of run.commands) journal.append(command)
  let location: SourceLocation | null = null
  return new CellRuntime(
    {
      pool: hosts,
      owner: null,
      session: null,
      newCellEngine: engine,
      retainedOutput: (output) => {
        if (!run.outputs.has(output)) listener.outputMissing(output)
        return run.outputs.get(output) ?? null
      },
      feed: null,
      onEngineChanged: null,
      snapshots: null,
      evictAfterMs: Number.MAX_SAFE_INTEGER,
    },
    { journal, catalogue, number: Number.MAX_SAFE_INTEGER },
    {
      onEvent: (event) => {
        if (event.type === 'place') {
          location = { line: event.line, column: event.column }
          return
        }
        const at = location
        location = null
        listener.event(event, at)
      },
      onHandled: () => undefined,
      onRemarks: () => undefined,
      onIdle: listener.idle,
      onHostTrouble: () => undefined,
    },
  )
}
