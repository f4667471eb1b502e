import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSession, type Session, type SessionOptions, type Tool } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { textsOf, waiting } from './asking-session.ts'

const folder = mkdtempSync(join(tmpdir(), 'codecell-approvals-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The keys that the tool was called with. */
function toolWithCalls(): { readonly tool: Tool; readonly keys: readonly string[] } {
  const keys: string[] = []
  const tool: Tool = {
    name: 'send',
    needsApproval: true,
    call: (_, { key }) => {
      keys.push(key)
      return 'sent'
    },
  }
  return { tool, keys }
}

async function open(id: string, tool: Tool, options: SessionOptions = { holdApprovals: true }): Promise<Session> {
  return await createSession({ durable: folder, id, hosts: inProcessHostPool(), tools: [tool], ...options })
}

function storyOf(session: Session, key: string): string {
  try {
    session.decide(key, { type: 'allow' })
    return 'decided'
  } catch (error) {
    expect(error).toMatchObject({ code: 'APPROVAL_NOT_PENDING' })
    return String(error).replace(/^.*: /, '')
  }
}

const program = `for (const to of ['a', 'b', 'c', 'a']) {
  text(to + ' ' + await tools.send({ to }).catch((error) => error))
}`

test('what waited is asked again in the next process, with the same key, and called once', async () => {
  const { tool, keys } = toolWithCalls()
  const first = await open('again', tool)
  await first.execute('text(await tools.send({ to: "a" }))')
  const shown = first.pendingApprovals()
  await first.close()
  await using second = await open('again', tool)
  await expect.poll(() => waiting(second)).toEqual(['again/1/tool-1'])
  expect(second.pendingApprovals()).toEqual(shown)
  second.decide('again/1/tool-1', { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys).toEqual(['again/1/tool-1'])
})

test('a decision that comes before the cell has come to its call again counts, in later processes too', async () => {
  const { tool, keys } = toolWithCalls()
  const first = await open('ahead', tool)
  await first.execute(program)
  await first.close()

  const second = await open('ahead', tool)
  expect(waiting(second)).toEqual(['ahead/1/tool-1'])
  second.decide('ahead/1/tool-1', { type: 'allow_in_cell', calls: 2 })
  expect(storyOf(second, 'ahead/1/tool-1')).toBe('it was allowed already')
  expect(storyOf(second, 'ahead/1/tool-2')).toBe('no such call waits for a decision')
  await second.close()
  expect(keys).toEqual([])

  const asked: string[] = []
  await using third = await open('ahead', tool, {
    onApproval: ({ key }) => {
      asked.push(key)
      return { type: 'allow' }
    },
  })
  expect(textsOf(await third.observe('1'))).toEqual(['a sent', 'b sent', 'c sent', 'a sent'])
  expect(asked).toEqual(['ahead/1/tool-3', 'ahead/1/tool-4'])
})

test('what was denied stays denied, and what is left of an allowance is left', async () => {
  const { tool, keys } = toolWithCalls()
  const first = await open('left', tool)
  await first.execute(program)
  first.decide('left/1/tool-1', { type: 'deny', reason: 'not him' })
  await expect.poll(() => waiting(first)).toEqual(['left/1/tool-2'])
  await first.close()

  await using second = await open('left', tool)
  await expect.poll(() => waiting(second)).toEqual(['left/1/tool-2'])
  second.decide('left/1/tool-2', { type: 'allow_in_cell', calls: 2 })
  const no = 'a the call of tool `send` was denied: not him'
  expect(textsOf(await second.observe('1')).slice(-4)).toEqual([no, 'b sent', 'c sent', no])
  expect(keys).toEqual(['left/1/tool-2', 'left/1/tool-3'])
})

test('it is known in later processes what became of a call', async () => {
  const { tool } = toolWithCalls()
  const first = await open('story', tool)
  await first.execute(program)
  first.decide('story/1/tool-1', { type: 'deny' })
  await expect.poll(() => waiting(first)).toEqual(['story/1/tool-2'])
  await first.terminate('1')
  await first.close()
  await using second = await open('story', tool)
  expect(
    ['1/tool-1', '1/tool-2', '1/tool-3', '2/tool-1', 'x/tool-1'].map((key) => storyOf(second, `story/${key}`)),
  ).toEqual([
    'it was denied already',
    'its cell has ended',
    'no such call waits for a decision',
    'no such call waits for a decision',
    'no such call waits for a decision',
  ])
})

test('what waits on record waits, whatever rules a later process has', async () => {
  const { tool, keys } = toolWithCalls()
  const first = await open('rules', tool)
  await first.execute('text(await tools.send({ to: "a" }).catch((error) => error))')
  await first.close()
  await using second = await open('rules', tool, {
    holdApprovals: true,
    approvals: { rules: [{ tools: 'send', policy: 'deny', reason: 'closed' }] },
  })
  expect(keys).toEqual([])
  second.decide('rules/1/tool-1', { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys).toEqual(['rules/1/tool-1'])
})

test('the clock of a cell stands still over a restart while somebody is asked', async () => {
  const { tool } = toolWithCalls()
  const first = await open('clock', tool)
  await first.execute(`text(await Promise.race([
    tools.send({ to: 'a' }),
    new Promise((resolve) => setTimeout(() => resolve('too late'), 50)),
  ]))`)
  await first.close()
  // Longer than the timer of the cell has to run.
  await new Promise((resolve) => setTimeout(resolve, 150))
  await using second = await open('clock', tool)
  await expect.poll(() => waiting(second)).toEqual(['clock/1/tool-1'])
  await new Promise((resolve) => setTimeout(resolve, 150))
  second.decide('clock/1/tool-1', { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
})
