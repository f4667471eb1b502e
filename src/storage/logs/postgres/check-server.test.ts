import { expect, test } from 'vitest'
import { checkSettings } from './check-server.ts'

const good = {
  version: 150_000,
  version_text: '15.0',
  fsync: 'on',
  synchronous_commit: 'on',
  encoding: 'UTF8',
  standby: false,
}

function check(changes: Partial<typeof good>): Promise<void> {
  return checkSettings(async () => [{ ...good, ...changes }], 'at a host')
}

test.for([{}, { version: 190_001 }, { synchronous_commit: 'remote_apply' }, { synchronous_commit: 'local' }])(
  'checkSettings() accepts a server with %j',
  (changes) => check(changes),
)

test.for([
  { changes: { version: 140_012, version_text: '14.12' }, text: 'expected PostgreSQL 15 or later, got 14.12' },
  { changes: { fsync: 'off' }, text: 'fsync is off' },
  { changes: { synchronous_commit: 'off' }, text: 'synchronous_commit is off' },
  { changes: { encoding: 'LATIN1' }, text: 'expected a database with the encoding UTF8, got LATIN1' },
  { changes: { standby: true }, text: 'read-only standby' },
])('checkSettings() refuses a server: $text', async ({ changes, text }) => {
  await expect(check(changes)).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(text) })
})
