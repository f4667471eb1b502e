import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { DurableAgent } from './durable-process.ts'

/** Ways in which a process loses its session without closing it. Each returns a function that resumes the process. */
const losses: readonly (readonly [name: string, lose: (owner: DurableAgent, folder: string) => Promise<() => void>])[] =
  [
    [
      'has copied its folder, which releases its locks',
      async (owner, folder) => {
        await owner.copy(join(folder, 'kept'))
        return () => undefined
      },
    ],
    [
      'has lost the file of its lease',
      async (_, folder) => {
        rmSync(join(folder, 'kept', 'lease.db'))
        return () => undefined
      },
    ],
    [
      'was stopped while the file of its lease was removed',
      async (owner, folder) => {
        const resume = owner.pause()
        rmSync(join(folder, 'kept', 'lease.db'))
        return resume
      },
    ],
    [
      'has its folder replaced by a copy',
      async (_, folder) => {
        cpSync(join(folder, 'kept'), join(folder, 'copy'), { recursive: true })
        renameSync(join(folder, 'kept'), join(folder, 'moved'))
        renameSync(join(folder, 'copy'), join(folder, 'kept'))
        return () => undefined
      },
    ],
  ]

const program = `
for (let n = 1; n <= 3; n++) {
  try { text(n + ' ' + (await tools.book({ n }))) } catch (error) { text(n + ' ' + (String(error.message ?? error).includes('unknown') ? 'unknown' : error)) }
}`

describe('a process that lost its session', () => {
  test.each(losses)(
    'a process that lost its session makes no call and delivers no end when it %s',
    async (_name, lose) => {
      const folder = newFolder()
      await using owner = await DurableAgent.start(folder)
      await owner.ask('execute', program, { yieldTimeMs: 0 })
      await owner.called(1)
      const resume = await lose(owner, folder)
      await using successor = await DurableAgent.start(folder)
      // The first call has an unknown outcome: its cell receives the error and makes the second call.
      await successor.called(1)
      resume()
      owner.answer('kept/1/tool-1', 'too late')
      expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
      expect(await owner.ask('execute', 'text(1)')).toBe('rejected with SESSION_LOST')
      expect(await owner.ask('terminate', '1')).toBe('rejected with SESSION_LOST')
      successor.answer('kept/1/tool-2', 'two')
      await successor.called(2)
      successor.answer('kept/1/tool-3', 'three')
      expect(await successor.ask('observe', '1')).toMatchObject({
        type: 'completed',
        items: [{ text: '1 unknown' }, { text: '2 two' }, { text: '3 three' }],
      })
      expect([owner.calls, successor.calls]).toEqual([
        ['book kept/1/tool-1'],
        ['book kept/1/tool-2', 'book kept/1/tool-3'],
      ])
    },
  )

  test('a process that lost its session writes nothing into it', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using successor = await DurableAgent.start(folder)
    await successor.called(1)
    owner.answer('kept/1/tool-1', 'x'.repeat(1000))
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    await successor.kill()
    // The journal is complete, so a third process resumes where the second one stopped.
    await using last = await DurableAgent.start(folder)
    await last.called(1)
    expect(last.calls).toEqual(['book kept/1/tool-3'])
    last.answer('kept/1/tool-3', 'three')
    expect(await last.ask('observe', '1')).toMatchObject({
      type: 'completed',
      items: [{ text: '1 unknown' }, { text: '2 unknown' }, { text: '3 three' }],
    })
  })

  test('a process that lost its session delivers no response of the new owner', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using successor = await DurableAgent.start(folder)
    const options = { requestId: 'first', yieldTimeMs: 0 }
    await successor.ask('execute', program, options)
    // The first process has nothing to write, so it can only notice the loss here.
    expect(await owner.ask('execute', program, options)).toBe('rejected with SESSION_LOST')
  })

  test('a process that lost its session leaves the records of a killed new owner alone', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using successor = await DurableAgent.start(folder)
    await successor.called(1)
    await successor.kill()
    // SQLite merges and removes the log of a database when its last connection closes.
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    await owner.end()
    await using last = await DurableAgent.start(folder)
    await last.called(1)
    expect(last.calls).toEqual(['book kept/1/tool-3'])
  })

  test('a process notices the loss of its session when the folder is removed', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept'), { recursive: true })
    owner.answer('kept/1/tool-1', 'one')
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    expect(owner.calls).toEqual(['book kept/1/tool-1'])
  })
})
