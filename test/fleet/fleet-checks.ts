import { readSession } from '../../src/index.ts'
import { postgresStore } from '../../src/store.ts'
import type { Fleet } from './fleet.ts'
import type { FleetSession } from './fleet-session.ts'
import type { SessionName } from './node-messages.ts'

/** How much too early a timer may fire, in milliseconds. */
const maxEarlyMs = 1000

/** Finds rows of the log that break its rules: they are dense, epochs grow with a row of the new owner only. */
export async function logViolations(fleet: Fleet, name: SessionName): Promise<readonly string[]> {
  const where = `tenant = '${name.tenant}' AND session = '${name.id}'`
  const rows = await fleet.sql(`SELECT seq::int, epoch::int, took FROM codecell.log WHERE ${where} ORDER BY seq`)
  const [session] = await fleet.sql(
    `SELECT epoch::int FROM codecell.sessions WHERE tenant = '${name.tenant}' AND id = '${name.id}'`,
  )
  const violations: string[] = []
  for (const [index, row] of rows.entries()) {
    const [seq, epoch] = [Number(row['seq']), Number(row['epoch'])]
    const before = rows[index - 1]
    if (before === undefined) continue
    const text = `row ${seq} of epoch ${epoch} follows row ${String(before['seq'])} of epoch ${String(before['epoch'])}`
    if (seq !== Number(before['seq']) + 1) violations.push(`${text}: there is a gap`)
    if (epoch < Number(before['epoch'])) violations.push(`${text}: the epoch goes back`)
    if (epoch !== Number(before['epoch']) && row['took'] !== true)
      violations.push(`${text}, and nobody took the session`)
  }
  if (Number(session?.['epoch']) < Number(rows.at(-1)?.['epoch'])) violations.push('a row is newer than its session')
  return [...violations, ...(await readViolations(fleet, name))]
}

async function readViolations(fleet: Fleet, { tenant, id }: SessionName): Promise<readonly string[]> {
  await using store = postgresStore(fleet.server.url(), { tenant })
  try {
    await readSession({ store, sessionId: id })
    return []
  } catch (error) {
    return [`the log is not readable: ${String(error)}`]
  }
}

/** Finds calls behind a timer that came before the timer was due. */
export function earlyTimers({ firstCalls }: FleetSession): readonly string[] {
  return [...firstCalls].flatMap(([name, at]) => {
    const [, label = '', ms = ''] = /^append \{"label":"(\S+) after (\d+)"\}$/.exec(name) ?? []
    const start = firstCalls.get(`put ${JSON.stringify({ label: `${label} at` })}`)
    if (label === '' || start === undefined) return []
    const waited = at - start
    return waited < Number(ms) - maxEarlyMs
      ? [`a timer of ${ms} ms of ${label} fired after ${Math.round(waited)} ms`]
      : []
  })
}
