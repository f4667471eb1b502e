import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSession, decideApproval, provideResult, readSession, type Session, type Tool } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { DeferringTool, source } from '../session/deferred/deferring-session.ts'

const review = new DeferringTool()

async function open(storage: string): Promise<Session> {
  return await createSession({ storage, sessionId: 's', hosts: sharedHosts('in-process'), tools: [review.tool] })
}

/** Removes the tables of later formats. */
function toFormat(version: 4 | 5 | 6, path: string): void {
  using database = new DatabaseSync(path)
  const tables = ['deferrals', 'moves', 'decisions'].slice(version - 4)
  database.exec(tables.map((table) => `DROP TABLE ${table};`).join(' '))
  database.exec(`PRAGMA user_version = ${version}`)
}

test('a session of format 4 is migrated, and its calls can be deferred', async () => {
  const storage = newFolder()
  await (await open(storage)).close()
  toFormat(4, join(storage, 's', 'session.db'))
  expect(() => readSession({ storage, sessionId: 's' })).toThrow(/it has format 4, and only format 7 can be read/)
  await using session = await open(storage)
  await session.execute(source, { yieldTimeMs: 600_000 })
  await session.provideResult(session.ledger()[0]?.key ?? '', { result: 'ok' })
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
})

test('a session of format 5 is migrated, and its pending calls can be decided about', async () => {
  const storage = newFolder()
  const tool: Tool = { name: 'send', needsApproval: 'ask', call: () => 'sent' }
  const options = {
    storage,
    sessionId: 's',
    hosts: sharedHosts('in-process'),
    tools: [tool],
    approvals: { hold: true },
  }
  const first = await createSession(options)
  await first.execute('text(await tools.send({}))', { yieldTimeMs: 600_000 })
  await first.close()
  toFormat(5, join(storage, 's', 'session.db'))
  await (await createSession(options)).close()
  const { pendingApprovals } = readSession({ storage, sessionId: 's' })
  expect(pendingApprovals).toMatchObject([{ wholeInput: '{}' }])
  await decideApproval({ storage, sessionId: 's', key: pendingApprovals[0]?.key ?? '', decision: { type: 'allow' } })
  await using second = await createSession(options)
  expect(textsOf(await second.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['sent'])
})

test('a changed row of a deferral, and a corrupt result in the inbox, are refused with the row or file', async () => {
  const storage = newFolder()
  const session = await open(storage)
  await session.execute(source, { yieldTimeMs: 600_000 })
  const key = session.ledger()[0]?.key ?? ''
  await session.close()
  const path = join(storage, 's', 'session.db')
  const change = (expiry: string): void => {
    using database = new DatabaseSync(path)
    database.exec(`DROP TRIGGER IF EXISTS deferrals_updated; UPDATE deferrals SET expires_at = ${expiry}`)
  }
  change('5')
  await expect(open(storage)).rejects.toThrow(/a row of "deferrals" \(cell 1, call 1\) is corrupt/)
  change('NULL')
  await provideResult({ storage, sessionId: 's', key, result: 'ok' })
  const inbox = join(storage, 's', 'inbox')
  const [name = ''] = readdirSync(inbox)
  writeFileSync(join(inbox, name), 'torn')
  await expect(open(storage)).rejects.toMatchObject({ code: 'SESSION_INVALID', message: expect.stringContaining(name) })
  await expect(provideResult({ storage, sessionId: 's', key, result: 'ok' })).rejects.toMatchObject({
    code: 'SESSION_INVALID',
  })
})

test('only its owner can read the inbox, whatever permissions it had before', async () => {
  const storage = newFolder()
  await (await open(storage)).close()
  const inbox = join(storage, 's', 'inbox')
  mkdirSync(inbox)
  writeFileSync(join(inbox, 'other'), '')
  chmodSync(inbox, 0o777)
  chmodSync(join(inbox, 'other'), 0o666)
  await (await open(storage)).close()
  expect([statSync(inbox).mode & 0o777, statSync(join(inbox, 'other')).mode & 0o777]).toEqual([0o700, 0o600])
})
