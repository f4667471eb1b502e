import { readSession, type CallState, type LedgerEntry } from '../../index.ts'
import { exitCodes } from '../exit-codes.ts'
import { textFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { writeLines } from '../trace/write-lines.ts'
import { readSessionFlags, usage } from './session-flags.ts'
import { moment, textTable } from '../terminal/text-table.ts'

const states: readonly CallState[] = ['not_started', 'started', 'applied', 'failed', 'unknown']

/** `codecell ledger SESSION --durable DIR`: the nested calls of a session, and what is known of their effect. */
export async function ledgerCommand(args: readonly string[], { stdout }: Io): Promise<number> {
  const what = 'the name of one session is'
  const more = { cell: { type: 'string' }, state: { type: 'string' } } as const
  const given = readSessionFlags({ command: 'ledger', count: 1, what }, args, more)
  const state = textFlag(given, 'state')
  if (state !== undefined && !states.some((known) => known === state)) {
    throw usage('ledger', `Cannot use --state ${state}: ${states.join(', ')} are known`)
  }
  const cell = textFlag(given, 'cell')
  const calls = readSession({ storage: given.folder, sessionId: given.rest[0] ?? '' }).ledger.filter(
    (call) => (cell === undefined || call.cellId === cell) && (state === undefined || call.state === state),
  )
  const lines = given.flags['json'] === true ? calls.map((call) => jsonOf(call)) : textOf(calls)
  await writeLines(stdout, lines)
  return exitCodes.completed
}

function jsonOf({ cellId, callId, startedAt, endedAt, ...entry }: LedgerEntry): string {
  const { key, identifier, input, location, state, note, reverted } = entry
  const ids = { cell_id: cellId, call_id: callId, key, identifier }
  const times = { started_at: startedAt, ended_at: endedAt }
  return JSON.stringify({ ...ids, state, input, location, ...times, note, reverted })
}

function textOf(calls: readonly LedgerEntry[]): readonly string[] {
  if (calls.length === 0) return ['There are no such calls']
  const now = Date.now()
  const rows = calls.map((call) => [
    call.key,
    stateText(call),
    moment(call.startedAt, now),
    `${call.identifier}(${short(call.input)})`,
    call.note === null ? '' : short(call.note),
  ])
  return textTable([['KEY', 'STATE', 'STARTED', 'CALL', 'NOTE'], ...rows])
}

function stateText({ state, reverted }: LedgerEntry): string {
  const shown = state === 'unknown' ? 'UNKNOWN' : state.replaceAll('_', ' ')
  if (reverted === null) return shown
  return reverted.type === 'reverted' ? `${shown}, undone` : `${shown}, undoing ${reverted.type}`
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
