import { cpSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { SessionDatabase } from './database.ts'

test('a write fails when its files are replaced during the transaction', () => {
  const folder = newFolder()
  const path = join(folder, 'kept', 'session.db')
  mkdirSync(join(folder, 'kept'))
  const database = SessionDatabase.open(path, { fsync: false, isNew: true })
  database.run('INSERT INTO kept_outputs (cell, position, entry) VALUES (1, 1, ?)', 'first')
  const replaced = (): void =>
    database.transaction(() => {
      database.run('INSERT INTO kept_outputs (cell, position, entry) VALUES (2, 2, ?)', 'second')
      cpSync(join(folder, 'kept'), join(folder, 'copy'), { recursive: true })
      renameSync(join(folder, 'kept'), join(folder, 'moved'))
      renameSync(join(folder, 'copy'), join(folder, 'kept'))
    })
  expect(replaced).toThrow('Cannot continue the session')
  database.close({ isLogHeld: true })
  const heir = SessionDatabase.open(path, { fsync: false, isNew: false })
  expect(heir.all('SELECT entry FROM kept_outputs')).toEqual([{ entry: 'first' }])
  heir.close({ isLogHeld: false })
})
