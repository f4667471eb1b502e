import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/folder.ts'
import { expectSameWhenReopened } from './reopened-programs.ts'

test.each([
  ['a folder', () => newFolder()],
  ['a shared store', () => `sqlite:${join(newFolder(), 'store.db')}`],
])('a program in %s is the same however often its session is closed and opened again', async (_, newLocation) => {
  const compared = await expectSameWhenReopened(15, newLocation)
  expect(compared.states).toBeGreaterThan(5)
  expect(compared.restored).toBeGreaterThan(5)
})
