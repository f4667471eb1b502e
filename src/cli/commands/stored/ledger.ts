import { readSession, settleCall, type LedgerEntry } from '../../../index.ts'
import { messageOf } from '../../../errors.ts'
import { userName } from '../../common/user-name.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation, type SessionLocation } from '../../common/session-location.ts'
import { ledgerSpec } from '../../specs/session-commands.ts'
import { writeLines } from '../../common/write-lines.ts'
import { distance, timestamp, textTable } from '../../terminal/text-table.ts'

/** `codecell ledger SESSION --durable DIR`: lists the nested calls of a session, and the state of each. */
export async function ledgerCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(ledgerSpec, args)
  await using location = demandLocation(line, env)
  if (line.has('happened') || line.has('did-not-happen')) return await settle(line, location)
  const flag = ['result', 'note', 'by'].find((name) => line.has(name))
  if (flag !== undefined || line.args[1] !== undefined) throw cannotSettle('expected --happened or --did-not-happen')
  const [state, cell] = [line.text('state'), line.text('cell')]
  const { ledger } = await readSession({ ...location.options, sessionId: line.args[0] ?? '' })
  const calls = ledger.filter(
    (call) => (cell === undefined || call.cellId === cell) && (state === undefined || call.state === state),
  )
  const lines = line.has('json') ? calls.map((call) => jsonOf(call)) : textOf(calls)
  await writeLines(stdout, lines)
  return exitCodes.completed
}

/** Settles an unknown call. */
async function settle(line: CommandLine, location: SessionLocation): Promise<number> {
  const [sessionId = '', key] = line.args
  if (key === undefined) throw cannotSettle('expected the KEY of a call')
  if (line.has('happened') && line.has('did-not-happen'))
    throw cannotSettle('expected one of --happened and --did-not-happen')
  const [result, note] = [line.text('result'), line.text('note')]
  await settleCall({
    ...location.options,
    sessionId,
    key,
    type: line.has('happened') ? 'happened' : 'did_not_happen',
    ...(result === undefined ? {} : { result: parsed(result) }),
    ...(note === undefined ? {} : { note }),
    by: line.text('by') ?? userName(),
  })
  return exitCodes.completed
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw cannotSettle(`expected JSON as --result: ${messageOf(error)}`)
  }
}

function cannotSettle(reason: string): Error {
  return usageError(ledgerSpec, `Cannot settle a call: ${reason}`)
}

function jsonOf({ cellId, callId, startedAt, endedAt, ...entry }: LedgerEntry): string {
  const { key, identifier, input, location, state, note, deferral, reverted, settled } = entry
  const ids = { cell_id: cellId, call_id: callId, key, identifier }
  const times = { started_at: startedAt, ended_at: endedAt }
  const deferred = deferral === null ? {} : { deferral: deferralJson(deferral) }
  const statement = settled === undefined ? {} : { settled: settledJson(settled) }
  return JSON.stringify({ ...ids, state, input, location, ...times, note, ...deferred, reverted, ...statement })
}

function settledJson({ type, by, at, note }: NonNullable<LedgerEntry['settled']>): object {
  return { type, by, at, note }
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

function stateText({ state, reverted, settled }: LedgerEntry): string {
  // A statement that the session has not taken yet.
  const isLeft = settled !== undefined && state !== 'applied' && state !== 'failed'
  const shown = isLeft
    ? settled.type.replaceAll('_', ' ')
    : state === 'unknown'
      ? 'UNKNOWN'
      : state.replaceAll('_', ' ')
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
