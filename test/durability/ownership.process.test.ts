import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { DurableAgent } from './durable-process.ts'

/** Ways in which a process loses its session without closing it. Gives what lets that process continue. */
const losses: readonly (readonly [how: string, lose: (owner: DurableAgent, folder: string) => Promise<() => void>])[] =
  [
    [
      'has copied its folder, which gives its locks away',
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
        const goOn = owner.pause()
        rmSync(join(folder, 'kept', 'lease.db'))
        return goOn
      },
    ],
    [
      'has its folder replaced by a copy of it',
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
  test.each(losses)('makes no call and delivers no end when it %s', async (_how, lose) => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    const goOn = await lose(owner, folder)
    await using heir = await DurableAgent.start(folder)
    // The first call cannot get its result: the cell receives an error, and makes the second call.
    await heir.called(1)
    goOn()
    owner.answer('kept/1/tool-1', 'too late')
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    expect(await owner.ask('execute', 'text(1)')).toBe('rejected with SESSION_LOST')
    expect(await owner.ask('terminate', '1')).toBe('rejected with SESSION_LOST')
    heir.answer('kept/1/tool-2', 'two')
    await heir.called(2)
    heir.answer('kept/1/tool-3', 'three')
    expect(await heir.ask('observe', '1')).toMatchObject({
      type: 'completed',
      items: [{ text: '1 unknown' }, { text: '2 two' }, { text: '3 three' }],
    })
    expect([owner.calls, heir.calls]).toEqual([['book kept/1/tool-1'], ['book kept/1/tool-2', 'book kept/1/tool-3']])
  })

  test('writes nothing into a session that another process has opened', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using heir = await DurableAgent.start(folder)
    await heir.called(1)
    owner.answer('kept/1/tool-1', 'x'.repeat(1000))
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    await heir.kill()
    // Its journal is whole: a third process continues where the second one was.
    await using last = await DurableAgent.start(folder)
    await last.called(1)
    expect(last.calls).toEqual(['book kept/1/tool-3'])
    last.answer('kept/1/tool-3', 'three')
    expect(await last.ask('observe', '1')).toMatchObject({
      type: 'completed',
      items: [{ text: '1 unknown' }, { text: '2 unknown' }, { text: '3 three' }],
    })
  })

  test('delivers no response that the process which has its session has recorded', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using heir = await DurableAgent.start(folder)
    const options = { requestId: 'first', yieldTimeMs: 0 }
    await heir.ask('execute', program, options)
    // The first process has nothing to write, so that it may not have noticed yet.
    expect(await owner.ask('execute', program, options)).toBe('rejected with SESSION_LOST')
  })

  test('leaves the records of a process that took it over and was killed', async () => {
    const folder = newFolder()
    await using owner = await DurableAgent.start(folder)
    await owner.ask('execute', program, { yieldTimeMs: 0 })
    await owner.called(1)
    rmSync(join(folder, 'kept', 'lease.db'))
    await using heir = await DurableAgent.start(folder)
    await heir.called(1)
    await heir.kill()
    // The last connection to a database merges its log, which SQLite then removes.
    expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
    await owner.end()
    await using last = await DurableAgent.start(folder)
    await last.called(1)
    expect(last.calls).toEqual(['book kept/1/tool-3'])
  })

  test('notices it when its folder was removed', async () => {
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
