import { openTraceBundle, type FoundCellLog, type TraceBundle } from '../../trace.ts'
import { replayBundle, replayCell, type ReplayOptions } from '../../replay.ts'
import { createHostPool } from '../../index.ts'
import { exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine, usageError, type CommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { EngineWarning, replayEngineOf } from './engine-warning.ts'
import { unreadable } from './one-bundle.ts'
import { inspectCell } from './inspect.ts'
import { runEditedSource } from './replay-edited.ts'
import { replayText, shown } from './replay-text.ts'

const spec = traceVerbSpec('replay')

/** `codecell trace replay BUNDLE`: runs cells again with their recorded responses, and reports where they differ. */
export async function replayVerb(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const bundle = line.args[0] ?? ''
  const { cell, source, inspect } = { cell: line.text('cell'), ...modeOf(line) }
  try {
    const opened = openTraceBundle(bundle)
    if (cell === undefined) return await replayAll(opened, line, io)
    const cells = [...opened.cellLogs()].filter(({ head }) => head.cell_id === cell || head.call_id === cell)
    if (cells.length === 0) throw usageError(spec, `Cannot find cell ${shown(cell)}: ${knownCells(opened)}`)
    if (source === undefined && inspect === undefined) return await replayThese(opened, cells, line, io)
    const [found, ...more] = cells
    if (found === undefined || more.length > 0)
      throw usageError(spec, `Cannot replay cell ${shown(cell)}: several cells have this ID; pass the ID of its call`)
    await using hosts = createHostPool(hostOptions(line))
    if (source !== undefined) return await runEditedSource(opened, found, io, { source, ...replayOptions(line), hosts })
    return await inspectCell(opened, found, io, { port: line.number('inspect') ?? 0, ...placeOptions(line) })
  } catch (error) {
    throw unreadable(bundle, error, 'replay')
  }
}

/** Returns `--source` and `--inspect`: each needs one cell, and excludes the other. */
function modeOf(line: CommandLine): { readonly source: string | undefined; readonly inspect: string | undefined } {
  const mode = { source: line.text('source'), inspect: line.text('inspect') }
  if (mode.source === undefined && mode.inspect === undefined) return mode
  if (mode.source !== undefined && mode.inspect !== undefined)
    throw usageError(spec, 'Cannot use --source with --inspect: expected one of both')
  if (line.text('cell') === undefined)
    throw usageError(spec, 'Cannot replay all cells with --source or --inspect: expected --cell ID')
  return mode
}

type CellPlace = { readonly timeZone?: string; readonly locale?: string }

function placeOptions(line: CommandLine): CellPlace {
  const timeZone = line.text('time-zone')
  const locale = line.text('locale')
  return { ...(timeZone === undefined ? {} : { timeZone }), ...(locale === undefined ? {} : { locale }) }
}

function hostOptions(line: CommandLine): CellPlace & { readonly size: number; readonly warmIsolates: number } {
  return { size: 1, warmIsolates: 0, ...placeOptions(line) }
}

function replayOptions(line: CommandLine): Pick<ReplayOptions, 'cellMs' | 'engine'> {
  const cellMs = line.number('cell-ms')
  return { ...replayEngineOf(line), ...(cellMs === undefined ? {} : { cellMs }) }
}

async function replayAll(bundle: TraceBundle, line: CommandLine, { stdout, stderr }: Io): Promise<number> {
  await using hosts = createHostPool(hostOptions(line))
  const warning = new EngineWarning(stderr)
  let count = 0
  let isSame = true
  for await (const { found, replay } of replayBundle(bundle, { ...replayOptions(line), hosts })) {
    count++
    warning.onReplay(replay)
    isSame &&= replay.type === 'same'
    stdout.write(replayText(found, replay))
  }
  if (count === 0) stdout.write('Nothing to replay: the bundle has no cell records\n')
  return isSame ? exitCodes.completed : exitCodes.scriptFailed
}

async function replayThese(
  bundle: TraceBundle,
  cells: readonly FoundCellLog[],
  line: CommandLine,
  { stdout, stderr }: Io,
): Promise<number> {
  await using hosts = createHostPool(hostOptions(line))
  const warning = new EngineWarning(stderr)
  let isSame = true
  for (const found of cells) {
    const replay = await replayCell(bundle, found, { ...replayOptions(line), hosts })
    warning.onReplay(replay)
    isSame &&= replay.type === 'same'
    stdout.write(replayText(found, replay))
  }
  return isSame ? exitCodes.completed : exitCodes.scriptFailed
}

const maxListed = 20

function knownCells(bundle: TraceBundle): string {
  const ids = [...bundle.cellLogs()].map(({ head }) => shown(head.cell_id))
  if (ids.length === 0) return 'the bundle has no cell records'
  const more = ids.length > maxListed ? `, and ${ids.length - maxListed} more` : ''
  return `the recorded cells are ${ids.slice(0, maxListed).join(', ')}${more}`
}
