import { openTraceBundle, type FoundCellRecord, type TraceBundle } from '../../trace.ts'
import { replayBundle, replayCell, type ReplayOptions } from '../../replay.ts'
import { createHostPool } from '../../index.ts'
import { exitCodes } from '../exit-codes.ts'
import { numberFlag, readFlags, textFlag, type Given } from '../flags.ts'
import type { Io } from '../io.ts'
import { bundleOf, traceUsage, unreadable } from './one-bundle.ts'
import { inspectCell } from './inspect.ts'
import { runEditedSource } from './replay-edited.ts'
import { replayText, shown } from './replay-text.ts'

/** `codecell trace replay BUNDLE`: runs cells again with their recorded answers, and says where they differ. */
export async function replayVerb(args: readonly string[], io: Io): Promise<number> {
  const given = readFlags('trace', withInspectPort(args), {
    cell: { type: 'string' },
    source: { type: 'string' },
    inspect: { type: 'string' },
    'time-zone': { type: 'string' },
    locale: { type: 'string' },
    'cell-ms': { type: 'string' },
  })
  const bundle = bundleOf(given)
  const { cell, source, inspect } = { cell: textFlag(given, 'cell'), ...modeOf(given) }
  try {
    const opened = openTraceBundle(bundle)
    if (cell === undefined) return await replayAll(opened, given, io)
    const cells = [...opened.cellRecords()].filter(({ head }) => head.cell_id === cell || head.call_id === cell)
    if (cells.length === 0) throw traceUsage(`Cannot find cell ${shown(cell)}: ${knownCells(opened)}`)
    if (source === undefined && inspect === undefined) return await replayThese(opened, cells, given, io)
    const [found, ...more] = cells
    if (found === undefined || more.length > 0)
      throw traceUsage(`Cannot tell which cell ${shown(cell)} is: name its call`)
    await using hosts = createHostPool(hostOptions(given))
    if (source !== undefined)
      return await runEditedSource(opened, found, io, { source, ...replayOptions(given), hosts })
    return await inspectCell(opened, found, io, { port: numberFlag(given, 'inspect') ?? 0, ...placeOptions(given) })
  } catch (error) {
    throw unreadable(bundle, error)
  }
}

/** Changed programs and debuggers take one cell, and one of the two. */
function modeOf(given: Given): { readonly source: string | undefined; readonly inspect: string | undefined } {
  const mode = { source: textFlag(given, 'source'), inspect: textFlag(given, 'inspect') }
  if (mode.source === undefined && mode.inspect === undefined) return mode
  if (mode.source !== undefined && mode.inspect !== undefined) throw traceUsage('Give --source or --inspect, not both')
  if (textFlag(given, 'cell') === undefined) throw traceUsage('Give the cell as well: --cell ID')
  return mode
}

/** `--inspect` may stand without a port, as with Node. */
function withInspectPort(args: readonly string[]): string[] {
  return args.map((arg) => (arg === '--inspect' ? '--inspect=9229' : arg))
}

type CellPlace = { readonly timeZone?: string; readonly locale?: string }

function placeOptions(given: Given): CellPlace {
  const timeZone = textFlag(given, 'time-zone')
  const locale = textFlag(given, 'locale')
  return { ...(timeZone === undefined ? {} : { timeZone }), ...(locale === undefined ? {} : { locale }) }
}

function hostOptions(given: Given): CellPlace & { readonly size: number; readonly warmIsolates: number } {
  return { size: 1, warmIsolates: 0, ...placeOptions(given) }
}

function replayOptions(given: Given): Pick<ReplayOptions, 'cellMs'> {
  const cellMs = numberFlag(given, 'cell-ms')
  return cellMs === undefined ? {} : { cellMs }
}

async function replayAll(bundle: TraceBundle, given: Given, { stdout }: Io): Promise<number> {
  await using hosts = createHostPool(hostOptions(given))
  let count = 0
  let isSame = true
  for await (const { found, replay } of replayBundle(bundle, { ...replayOptions(given), hosts })) {
    count++
    isSame &&= replay.type === 'same'
    stdout.write(replayText(found, replay))
  }
  if (count === 0) stdout.write('There is nothing to replay: the bundle has no records of cells\n')
  return isSame ? exitCodes.completed : exitCodes.scriptFailed
}

async function replayThese(
  bundle: TraceBundle,
  cells: readonly FoundCellRecord[],
  given: Given,
  { stdout }: Io,
): Promise<number> {
  await using hosts = createHostPool(hostOptions(given))
  let isSame = true
  for (const found of cells) {
    const replay = await replayCell(bundle, found, { ...replayOptions(given), hosts })
    isSame &&= replay.type === 'same'
    stdout.write(replayText(found, replay))
  }
  return isSame ? exitCodes.completed : exitCodes.scriptFailed
}

const maxListed = 20

function knownCells(bundle: TraceBundle): string {
  const ids = [...bundle.cellRecords()].map(({ head }) => shown(head.cell_id))
  if (ids.length === 0) return 'the bundle has no records of cells'
  const more = ids.length > maxListed ? `, and ${ids.length - maxListed} more` : ''
  return `the cells on record are ${ids.slice(0, maxListed).join(', ')}${more}`
}
