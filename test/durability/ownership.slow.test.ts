import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'

test('a session is in use while another process holds a write transaction', async () => {
  const options = { storage: newFolder(), sessionId: 'kept', hosts: sharedHosts('in-process') }
  await (await createSession(options)).close()
  const writer = new DatabaseSync(join(options.storage, 'kept', 'session.db'))
  writer.exec('BEGIN IMMEDIATE')
  await expect(createSession(options)).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
  writer.exec('ROLLBACK')
  writer.close()
  await (await createSession(options)).close()
})
