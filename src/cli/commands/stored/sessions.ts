import { readSessions, type SessionSummary, type UnreadableSession } from '../../../index.ts'
import { moveSessionsCommand } from './move-sessions.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation } from '../../common/session-location.ts'
import { sessionsSpec } from '../../specs/session-commands.ts'
import { writeLines } from '../../common/write-lines.ts'
import { timestamp, textTable } from '../../terminal/text-table.ts'

/** `codecell sessions --durable DIR`: lists the sessions in a folder or shared store, latest activity first. */
export async function sessionsCommand(args: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'push' || verb === 'pull') return await moveSessionsCommand(verb, rest, io)
  const { stdout, env } = io
  const line = parseCommandLine(sessionsSpec, args)
  await using location = demandLocation(line, env)
  const sessions = await readSessions(location.options)
  const lines = line.has('json')
    ? sessions.map((session) => jsonOf(session))
    : textOf(sessions, 'store' in location.options)
  await writeLines(stdout, lines)
  return exitCodes.completed
}

function jsonOf(session: SessionSummary | UnreadableSession): string {
  if (session.type === 'unreadable') return JSON.stringify(session)
  const { type, id, openedBy, createdAt, lastActivityAt, cells, calls, approvals } = session
  return JSON.stringify({
    type,
    id,
    opened_by: openedBy,
    created_at: createdAt,
    last_activity_at: lastActivityAt,
    cells,
    calls,
    approvals,
  })
}

function textOf(sessions: readonly (SessionSummary | UnreadableSession)[], hasStore: boolean): readonly string[] {
  if (sessions.length === 0) return [hasStore ? 'The store has no sessions' : 'The folder has no sessions']
  const now = Date.now()
  const rows = sessions.map((session) =>
    session.type === 'session' ? rowOf(session, now) : [session.id, '!', session.message],
  )
  return textTable([['SESSION', 'OPEN', 'CELLS', 'CALLS', 'LAST ACTIVITY'], ...rows])
}

function rowOf({ id, openedBy, cells, calls, approvals, lastActivityAt }: SessionSummary, now: number): string[] {
  const made = calls.applied + calls.failed
  return [
    id,
    openedBy === null ? 'no' : `by ${userText(openedBy)}`,
    counts([
      [cells.running, 'running'],
      [cells.finished, 'not delivered'],
      [cells.closed, 'ended'],
    ]),
    counts([
      [approvals, 'to approve'],
      [calls.started, 'in progress'],
      [calls.unknown, 'UNKNOWN'],
      [made, 'made'],
    ]),
    timestamp(lastActivityAt, now),
  ]
}

function userText({ pid, node, address }: NonNullable<SessionSummary['openedBy']>): string {
  if (node !== undefined) return address ?? `node ${node}`
  return pid === null ? 'a process' : `process ${pid}`
}

function counts(all: readonly (readonly [count: number, what: string])[]): string {
  const some = all.filter(([count]) => count > 0)
  return some.length === 0 ? '-' : some.map(([count, what]) => `${count} ${what}`).join(', ')
}
