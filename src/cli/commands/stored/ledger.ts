import { readSession, type LedgerEntry } from '../../../index.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation } from '../../common/session-location.ts'
import { ledgerSpec } from '../../specs/session-commands.ts'
import { writeLines } from '../../common/write-lines.ts'
import { distance, timestamp, textTable } from '../../terminal/text-table.ts'

/** `codecell ledger SESSION --durable DIR`: lists the nested calls of a session, and the state of each. */
export async function ledgerCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(ledgerSpec, args)
  await using location = demandLocation(line, env)
  const [state, cell] = [line.text('state'), line.text('cell')]
  const { ledger } = await readSession({ ...location.options, sessionId: line.args[0] ?? '' })
  const calls = ledger.filter(
    (call) => (cell === undefined || call.cellId === cell) && (state === undefined || call.state === state),
  )
  const lines = line.has('json') ? calls.map((call) => jsonOf(call)) : textOf(calls)
  await writeLines(stdout, lines)
  return exitCodes.completed
}

function jsonOf({ cellId, callId, startedAt, endedAt, ...entry }: LedgerEntry): string {
  const { key, identifier, input, location, state, note, deferral, reverted } = entry
  const ids = { cell_id: cellId, call_id: callId, key, identifier }
  const times = { started_at: startedAt, ended_at: endedAt }
  const deferred = deferral === null ? {} : { deferral: deferralJson(deferral) }
  return JSON.stringify({ ...ids, state, input, location, ...times, note, ...deferred, reverted })
}

function deferralJson({ at, note, expiresAt, provided }: NonNullable<LedgerEntry['deferral']>): object {
  return { at, note, expires_at: expiresAt, provided_at: provided?.at ?? null }
}

function textOf(calls: readonly LedgerEntry[]): readonly string[] {
  if (calls.length === 0) return ['No calls found']
  const now = Date.now()
  const rows = calls.map((call) => [
    call.key,
    stateText(call),
    timestamp(call.startedAt, now),
    `${call.identifier}(${short(call.input)})`,
    short(noteOf(call, now)),
  ])
  return textTable([['KEY', 'STATE', 'STARTED', 'CALL', 'NOTE'], ...rows])
}

function stateText({ state, reverted }: LedgerEntry): string {
  const shown = state === 'unknown' ? 'UNKNOWN' : state.replaceAll('_', ' ')
  if (reverted === null) return shown
  return reverted.type === 'reverted' ? `${shown}, reverted` : `${shown}, revert ${reverted.type}`
}

function noteOf({ note, state, deferral }: LedgerEntry, now: number): string {
  if (note !== null || state !== 'deferred' || deferral === null) return note ?? ''
  const expiry = deferral.expiresAt === null ? [] : [`expires ${distance(deferral.expiresAt - now)}`]
  return [...expiry, deferral.note ?? []].flat().join(': ')
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
