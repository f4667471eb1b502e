import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSession, provideResult, readSession, type Session } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { DeferringTool, source } from '../session/deferred/deferring-session.ts'

const review = new DeferringTool()

async function open(storage: string): Promise<Session> {
  return await createSession({ storage, sessionId: 's', hosts: sharedHosts('in-process'), tools: [review.tool] })
}

/** Removes what formats 5 and 6 have added. */
function toFormat4(path: string): void {
  using database = new DatabaseSync(path)
  database.exec('DROP TABLE deferrals; DROP TABLE moves; PRAGMA user_version = 4')
}

test('a session of format 4 is migrated, and its calls can be deferred', async () => {
  const storage = newFolder()
  await (await open(storage)).close()
  toFormat4(join(storage, 's', 'session.db'))
  expect(() => readSession({ storage, sessionId: 's' })).toThrow(/it has format 4, and only format 6 can be read/)
  await using session = await open(storage)
  await session.execute(source, { yieldTimeMs: 600_000 })
  await session.provideResult(session.ledger()[0]?.key ?? '', { result: 'ok' })
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
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
