import { CodecellError, messageOf } from '../errors.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool, localPoolOf, type LocalHostPool } from '../session/hosts/host-pool.ts'
import type { HostedCatalogue } from '../session/hosts/hosted-catalogue.ts'
import type { FoundCellRecord, TraceBundle } from '../trace/bundle/open-bundle.ts'
import { boundedStart, type ReplayBounds } from './bounded-start.ts'
import { readRecordedCell, type RecordedRun } from './recorded-cell.ts'
import { hostedCatalogue, runtimeFor } from './run-again.ts'
import { RunComparison, type Difference, type RunVerdict } from './run-comparison.ts'
import { readyHosts } from './ready-hosts.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'

export type ReplayOptions = Partial<ReplayBounds> & {
  /** Where cells run. Default: host processes of its own, in UTC and en-US. */
  readonly hosts?: HostPool
}

export const replayOptionNames: OptionNames<ReplayOptions> = { cellMs: 'any', memoryMb: 'any', hosts: 'any' }

/** What came of running a cell again. `events` were the same. */
export type CellReplay =
  | { readonly type: 'same'; readonly events: number }
  /** `run` counts from 1: a program with types has two. */
  | { readonly type: 'differs'; readonly events: number; readonly run: number; readonly difference: Difference }
  /** A limit of the replay ended it before the record did. */
  | { readonly type: 'stopped'; readonly events: number; readonly reason: string }
  /** The record cannot be read. */
  | { readonly type: 'unreadable'; readonly events: 0; readonly reason: string }

/** How long one cell may take, and the memory it may use, when nothing else is said. */
export const defaultBounds: ReplayBounds = { cellMs: 60_000, memoryMb: 1024 }

/**
 * Runs a cell of a bundle again with the recorded answers, and compares what it does with what it did. No tool is called.
 * Never throws for what is wrong with the record; throws `HOST_START_FAILED`.
 */
export async function replayCell(
  bundle: TraceBundle,
  found: FoundCellRecord,
  options: ReplayOptions = {},
): Promise<CellReplay> {
  checkOptions('replayCell', options, replayOptionNames)
  if (options.hosts !== undefined) return await replayOn(localPoolOf(options.hosts), bundle, found, options)
  await using hosts = createHostPool({ size: 1, warmIsolates: 0 })
  return await replayOn(localPoolOf(hosts), bundle, found, options)
}

/** Runs every cell of a bundle again, one after the other; see `replayCell`. Throws `TRACE_INVALID`, `TRACE_UNREADABLE`. */
export async function* replayBundle(
  bundle: TraceBundle,
  options: ReplayOptions = {},
): AsyncGenerator<{ readonly found: FoundCellRecord; readonly replay: CellReplay }> {
  checkOptions('replayBundle', options, replayOptionNames)
  await using own = options.hosts === undefined ? createHostPool({ size: 1, warmIsolates: 0 }) : null
  const hosts = options.hosts ?? own ?? undefined
  for (const found of bundle.cellRecords()) {
    const replay = await replayCell(bundle, found, hosts === undefined ? options : { ...options, hosts })
    yield { found, replay }
  }
}

async function replayOn(
  hosts: LocalHostPool,
  bundle: TraceBundle,
  found: FoundCellRecord,
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
  await readyHosts(hosts)
  const bounds = { ...defaultBounds, ...definedBounds(options) }
  const endsAt = performance.now() + bounds.cellMs
  const catalogue = hostedCatalogue(hosts, cell)
  let events = 0
  try {
    for (const [index, run] of cell.runs.entries()) {
      const { verdict, count } = await replayRun({ hosts, catalogue, run, bounds, endsAt })
      events += count
      if (verdict.type === 'stopped') return { ...verdict, events }
      if (verdict.type === 'differs') return { ...verdict, events, run: index + 1 }
    }
  } finally {
    hosts.forgetCatalogue(catalogue.id)
  }
  return { type: 'same', events }
}

/** The bounds that were given; an option that is there but undefined is none. */
export function definedBounds({ cellMs, memoryMb }: Partial<ReplayBounds>): Partial<ReplayBounds> {
  return { ...(cellMs === undefined ? {} : { cellMs }), ...(memoryMb === undefined ? {} : { memoryMb }) }
}

type RunToReplay = {
  readonly hosts: LocalHostPool
  readonly catalogue: HostedCatalogue
  readonly run: RecordedRun
  readonly bounds: ReplayBounds
  readonly endsAt: number
}

export async function replayRun({ hosts, catalogue, run, bounds, endsAt }: RunToReplay): Promise<{
  readonly verdict: RunVerdict
  readonly count: number
}> {
  const comparison = new RunComparison(run.events)
  // A record may be cut before its first event.
  if (comparison.isComplete) return { verdict: { type: 'same' }, count: 0 }
  const { promise, resolve } = Promise.withResolvers<RunVerdict>()
  const decide = (verdict: RunVerdict | null): void => {
    if (verdict !== null) resolve(verdict)
  }
  const runtime = runtimeFor({
    hosts,
    catalogue,
    run,
    start: boundedStart(run.start, bounds),
    withCommands: true,
    listener: {
      event: (event, place) => decide(comparison.next(event, place)),
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
