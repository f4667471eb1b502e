import { isDeepStrictEqual } from 'node:util'
import { readSession, type CellReport, type CellWait, type SessionReport } from '../../../index.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation } from '../../common/session-location.ts'
import { cellsSpec } from '../../specs/session-commands.ts'
import { writeLines } from '../../common/write-lines.ts'
import { distance, timestamp, textTable } from '../../terminal/text-table.ts'

/** `codecell cells SESSION --durable DIR`: lists the cells of a session, and what each waits for. */
export async function cellsCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(cellsSpec, args)
  await using location = demandLocation(line, env)
  const session = await readSession({ ...location.options, sessionId: line.args[0] ?? '' })
  const lines = line.has('json') ? session.cellList.map((cell) => jsonOf(cell, session.engines)) : textOf(session)
  await writeLines(stdout, lines)
  return exitCodes.completed
}

function jsonOf(cell: CellReport, engines: SessionReport['engines']): string {
  const { cellId, execCallId, state, startedAt, endedAt, source } = cell
  const { type } = state
  const about =
    type === 'running'
      ? { waits: state.waits.map((wait) => waitJson(wait)), ending: null, error: null }
      : { waits: [], ending: state.ending, error: state.errorText }
  const times = { started_at: startedAt, ended_at: endedAt }
  return JSON.stringify({
    cell_id: cellId,
    exec_call_id: execCallId,
    state: type,
    ...about,
    engine: engineJson(cell, engines),
    ...times,
    source,
  })
}

function engineJson({ engine }: CellReport, engines: SessionReport['engines']): object | null {
  if (engine === null) return null
  const id = engines.find((count) => isDeepStrictEqual(count.engine, engine))?.id ?? null
  const { timeZone: time_zone, ...rest } = engine
  return { id, ...rest, time_zone }
}

function waitJson(wait: CellWait): object {
  if (wait.type === 'timer' || wait.type === 'host') return wait
  const { type, callId: call_id, identifier, since } = wait
  if (type !== 'result') return { type, call_id, identifier, since }
  const { key, note, expiresAt: expires_at } = wait
  return { type, call_id, key, identifier, since, expires_at, note }
}

function textOf({ cellList, openedBy, engines }: SessionReport): readonly string[] {
  if (cellList.length === 0) return ['The session has no cells']
  const now = Date.now()
  const isOpen = openedBy !== null
  const rows = cellList.map((cell) => [
    cell.cellId,
    stateText(cell, { isOpen, now }),
    timestamp(cell.startedAt, now),
    cell.endedAt === null ? '-' : timestamp(cell.endedAt, now),
    firstLine(cell.source),
  ])
  const table = textTable([['CELL', 'STATE', 'STARTED', 'ENDED', 'PROGRAM'], ...rows])
  const isUnfinished = cellList.some(({ state }) => state.type === 'running')
  if (!isUnfinished) return table
  if (isOpen) {
    // Its hosts have the engines. The usual one needs no line.
    const lines = engineLines(engines.filter(({ engine }) => engine !== null && engine.name !== 'v8'))
    return lines.length === 0 ? table : [...table, '', ...lines]
  }
  return [
    ...table,
    '',
    'No process has the session open: its running cells resume when a process opens it',
    ...engineLines(engines),
  ]
}

/** Names the engines of the running cells. */
function engineLines(engines: SessionReport['engines']): readonly string[] {
  const texts = engines.flatMap(({ id, engine, cells }) =>
    engine === null
      ? []
      : [`${id ?? ''} (${engine.name} ${engine.version}), ${cells === 1 ? '1 cell' : `${cells} cells`}`],
  )
  return texts.length === 0 ? [] : [`Engines of its running cells: ${texts.join('; ')}`]
}

type Now = { readonly isOpen: boolean; readonly now: number }

function stateText({ state }: CellReport, { isOpen, now }: Now): string {
  switch (state.type) {
    case 'closed':
      return state.ending
    case 'finished':
      return `${state.ending}, response not delivered`
    case 'running': {
      if (state.waits.length === 0) return isOpen ? 'running' : 'interrupted'
      const shown = state.waits.slice(0, maxWaits).map((wait) => waitText(wait, now))
      const more = state.waits.length > maxWaits ? [`${state.waits.length - maxWaits} more`] : []
      return `waits for ${[...shown, ...more].join(', ')}`
    }
    default:
      return state satisfies never
  }
}

const maxWaits = 3

function waitText(wait: CellWait, now: number): string {
  switch (wait.type) {
    case 'tool':
      return `${wait.identifier} (${wait.callId})`
    case 'result': {
      const expiry = wait.expiresAt === null ? '' : `, expires ${distance(wait.expiresAt - now)}`
      return `the result of ${wait.identifier} (${wait.key}${expiry})`
    }
    case 'person':
      return `an approval of ${wait.identifier} (${wait.callId})`
    case 'timer':
      return `a timer due ${distance(wait.due - now)}`
    case 'host':
      return `a host process: ${wait.reason}`
    default:
      return wait satisfies never
  }
}

/** Returns the first line that is not blank. */
function firstLine(source: string): string {
  const line = source.split('\n', 50).find((candidate) => candidate.trim() !== '') ?? ''
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
