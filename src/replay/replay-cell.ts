import { CodecellError, messageOf } from '../errors.ts'
import { engineChoices, type EngineChoice } from '../protocol/engine-name.ts'
import { enginePrintDifferences, type EnginePrint } from '../protocol/engine-print.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import { localPoolOf, type LocalHostPool } from '../session/hosts/host-pool.ts'
import type { HostedCatalogue } from '../session/hosts/hosted-catalogue.ts'
import type { FoundCellLog, TraceBundle } from '../trace/bundle/open-bundle.ts'
import { boundedStart, type ReplayBounds } from './bounded-start.ts'
import { readRecordedCell, type RecordedCell, type RecordedRun } from './recorded-cell.ts'
import { hostedCatalogue, runtimeFor } from './recorded-runtime.ts'
import { recordedEngineOf, replayEngineOf } from './replay-engine.ts'
import { RunComparison, type Difference, type RunVerdict } from './run-comparison.ts'
import { readyHosts } from './ready-hosts.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type ReplayOptions = Partial<ReplayBounds> & {
  /**
   * The hosts for the cells.
   *
   * @default a host process of its own, in UTC and en-US
   */
  readonly hosts?: HostPool
  /**
   * The engine of the replay. `auto`: the recorded one, if the hosts can have it.
   *
   * @default 'auto'
   */
  readonly engine?: EngineChoice
}

export const replayOptionNames: OptionNames<ReplayOptions> = {
  cellMs: 'any',
  memoryMb: 'any',
  hosts: 'any',
  engine: engineChoices,
}

/** The result of a replay. `events` is the number of equal events. */
export type CellReplay = ReplayResult & {
  /**
   * The differences between the engine of the replay and the recorded one, e.g. `["version 13.6 instead of 14.1"]`; missing when
   * they are equal, or when the log does not have its engine. Such a difference can explain another result.
   */
  readonly engineDifferences?: readonly string[]
}

type ReplayResult =
  | { readonly type: 'same'; readonly events: number }
  /** `run` counts from 1: a program with types has two runs. */
  | { readonly type: 'differs'; readonly events: number; readonly run: number; readonly difference: Difference }
  /** A limit of the replay ended it before the end of the log. */
  | { readonly type: 'stopped'; readonly events: number; readonly reason: string }
  /** The cell log cannot be read. */
  | { readonly type: 'unreadable'; readonly events: 0; readonly reason: string }

/** The default limits of one cell. */
export const defaultBounds: ReplayBounds = { cellMs: 60_000, memoryMb: 1024 }

/**
 * Replays a cell of a bundle with the recorded results, and compares its events. No tool is called. A damaged
 * cell log is part of the result.
 *
 * @throws {CodecellError} `HOST_START_FAILED`
 */
export async function replayCell(
  bundle: TraceBundle,
  found: FoundCellLog,
  options: ReplayOptions = {},
): Promise<CellReplay> {
  checkOptions('replayCell', options, replayOptionNames)
  if (options.hosts !== undefined) return await replayOn(localPoolOf(options.hosts), bundle, found, options)
  await using hosts = createHostPool({ size: 1, warmIsolates: 0 })
  return await replayOn(localPoolOf(hosts), bundle, found, options)
}

/**
 * Replays all cells of a bundle in order; see {@link replayCell}.
 *
 * @throws {CodecellError} `TRACE_INVALID`, `TRACE_UNREADABLE`
 */
export async function* replayBundle(
  bundle: TraceBundle,
  options: ReplayOptions = {},
): AsyncGenerator<{ readonly found: FoundCellLog; readonly replay: CellReplay }> {
  checkOptions('replayBundle', options, replayOptionNames)
  await using own = options.hosts === undefined ? createHostPool({ size: 1, warmIsolates: 0 }) : null
  const hosts = options.hosts ?? own ?? undefined
  for (const found of bundle.cellLogs()) {
    const replay = await replayCell(bundle, found, hosts === undefined ? options : { ...options, hosts })
    yield { found, replay }
  }
}

async function replayOn(
  hosts: LocalHostPool,
  bundle: TraceBundle,
  found: FoundCellLog,
  options: ReplayOptions,
): Promise<CellReplay> {
  let cell
  try {
    cell = readRecordedCell(bundle, found)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`
    return { type: 'unreadable', events: 0, reason: `${error.message}${cause}` }
  }
  const engine = replayEngineOf(hosts, cell, options.engine)
  await readyHosts(hosts, engine)
  const bounds = { ...defaultBounds, ...definedBounds(options) }
  const endsAt = performance.now() + bounds.cellMs
  const result = await replayRuns(hosts, cell, { engine, bounds, endsAt })
  const recorded = recordedEngineOf(cell)
  const current = hosts.installedEngine(engine?.name ?? hosts.engineName)
  const differences = recorded === null || current === null ? [] : enginePrintDifferences(current, recorded)
  return differences.length === 0 ? result : { ...result, engineDifferences: differences }
}

async function replayRuns(
  hosts: LocalHostPool,
  cell: RecordedCell,
  { engine, bounds, endsAt }: Pick<ReplayRunOptions, 'engine' | 'bounds' | 'endsAt'>,
): Promise<ReplayResult> {
  const catalogue = hostedCatalogue(hosts, cell)
  let events = 0
  try {
    for (const [index, run] of cell.runs.entries()) {
      const { verdict, count } = await replayRun({ hosts, catalogue, engine, run, bounds, endsAt })
      events += count
      if (verdict.type === 'stopped') return { ...verdict, events }
      if (verdict.type === 'differs') return { ...verdict, events, run: index + 1 }
    }
  } finally {
    hosts.forgetCatalogue(catalogue.id)
  }
  return { type: 'same', events }
}

/** Returns the defined limits. */
export function definedBounds({ cellMs, memoryMb }: Partial<ReplayBounds>): Partial<ReplayBounds> {
  return { ...(cellMs === undefined ? {} : { cellMs }), ...(memoryMb === undefined ? {} : { memoryMb }) }
}

type ReplayRunOptions = {
  readonly hosts: LocalHostPool
  readonly catalogue: HostedCatalogue
  /** Null for the engine of new cells on these hosts. */
  readonly engine: EnginePrint | null
  readonly run: RecordedRun
  readonly bounds: ReplayBounds
  readonly endsAt: number
}

export async function replayRun({ hosts, catalogue, engine, run, bounds, endsAt }: ReplayRunOptions): Promise<{
  readonly verdict: RunVerdict
  readonly count: number
}> {
  const comparison = new RunComparison(run.events)
  // A log can be cut before its first event.
  if (comparison.isComplete) return { verdict: { type: 'same' }, count: 0 }
  const { promise, resolve } = Promise.withResolvers<RunVerdict>()
  const decide = (verdict: RunVerdict | null): void => {
    if (verdict !== null) resolve(verdict)
  }
  const runtime = runtimeFor({
    hosts,
    catalogue,
    engine,
    run,
    start: boundedStart(run.start, bounds),
    withCommands: true,
    listener: {
      event: (event, location) => decide(comparison.next(event, location)),
      idle: () => decide(comparison.atRest()),
      outputMissing: (output) => decide(comparison.differs({ type: 'output_wanted', output }, null)),
    },
  })
  const reason = `it took longer than ${bounds.cellMs} ms`
  const timer =
    endsAt === Infinity
      ? undefined
      : setTimeout(() => decide({ type: 'stopped', reason }), Math.max(endsAt - performance.now(), 0))
  runtime.start()
  const verdict = await promise
  clearTimeout(timer)
  const { count } = comparison
  await runtime.terminate()
  return { verdict, count }
}
