import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { DurableAgent } from './durable-process.ts'
import { describeLostSession } from './ownership-behaviors.ts'
import { newStoredInFolder } from './stored-session.ts'

/** Ways in which a process loses its session without closing it. Each returns a function that resumes the process. */
const losses: Parameters<typeof describeLostSession>[1] = [
  [
    'has copied its folder, which releases its locks',
    async (owner, { location: folder }) => {
      await owner.copy(join(folder, 'kept'))
      return () => undefined
    },
  ],
  [
    'has lost the file of its lease',
    async (_, { location: folder }) => {
      rmSync(join(folder, 'kept', 'lease.db'))
      return () => undefined
    },
  ],
  [
    'was stopped while the file of its lease was removed',
    async (owner, { location: folder }) => {
      const resume = owner.pause()
      rmSync(join(folder, 'kept', 'lease.db'))
      return resume
    },
  ],
  [
    'has its folder replaced by a copy',
    async (_, { location: folder }) => {
      cpSync(join(folder, 'kept'), join(folder, 'copy'), { recursive: true })
      renameSync(join(folder, 'kept'), join(folder, 'moved'))
      renameSync(join(folder, 'copy'), join(folder, 'kept'))
      return () => undefined
    },
  ],
]

describeLostSession(newStoredInFolder, losses)

describe('a process that lost its session', () => {
  test('a process notices the loss of its session when the folder is removed', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', 'await tools.book({})', { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept'), { recursive: true })
    owner.answer('kept/1/tool-1', 'one')
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    expect(owner.calls).toEqual(['book kept/1/tool-1'])
  })
})
