import { expect, test } from 'vitest'
import { createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { keyNamed, plainKey } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { waiting } from './asking-session.ts'

/** A tool that notes the keys it is called with. */
function toolWithCalls(): { readonly tool: Tool; readonly keys: readonly string[] } {
  const keys: string[] = []
  const tool: Tool = {
    name: 'send',
    needsApproval: 'ask',
    call: (_, { key }) => {
      keys.push(key)
      return 'sent'
    },
  }
  return { tool, keys }
}

async function open(
  folder: string,
  tool: Tool,
  options: SessionOptions = { approvals: { hold: true } },
): Promise<Session> {
  return await createSession({
    storage: folder,
    sessionId: 's',
    hosts: sharedHosts('in-process'),
    tools: [tool],
    ...options,
  })
}

function fateOf(session: Session, key: string): string {
  try {
    session.decide(keyNamed(session, key), { type: 'allow' })
    return 'decided'
  } catch (error) {
    expect(error).toMatchObject({ code: 'APPROVAL_NOT_PENDING' })
    return String(error).replace(/^.*: /, '')
  }
}

const program = `for (const to of ['a', 'b', 'c', 'a']) {
  text(to + ' ' + await tools.send({ to }).catch((error) => error))
}`

test('a call that waits is asked about again in the next process, and made once', async () => {
  const folder = newFolder()
  const { tool, keys } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute('text(await tools.send({ to: "a" }))')
  const shown = first.pendingApprovals()
  await first.close()
  await using second = await open(folder, tool)
  await expect.poll(() => waiting(second)).toEqual(['s/1/tool-1'])
  expect(second.pendingApprovals()).toEqual(shown)
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1'])
})

test('a decision that comes before the cell repeats its call counts', async () => {
  const folder = newFolder()
  const { tool, keys } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute(program)
  await first.close()

  const second = await open(folder, tool)
  expect(waiting(second)).toEqual(['s/1/tool-1'])
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow_in_cell', calls: 2 })
  expect(fateOf(second, 's/1/tool-1')).toBe('it was allowed already')
  expect(fateOf(second, 's/1/tool-2')).toBe('no such call waits for a decision')
  await second.close()
  expect(keys.map(plainKey)).toEqual([])

  const asked: string[] = []
  await using third = await open(folder, tool, {
    approvals: {
      onRequest: ({ key }) => {
        asked.push(key)
        return { type: 'allow' }
      },
    },
  })
  expect(textsOf(await third.observe('1'))).toEqual(['a sent', 'b sent', 'c sent', 'a sent'])
  expect(asked.map(plainKey)).toEqual(['s/1/tool-3', 's/1/tool-4'])
})

test('a denial and the rest of an allowance outlast the process', async () => {
  const folder = newFolder()
  const { tool, keys } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute(program)
  first.decide(keyNamed(first, 's/1/tool-1'), { type: 'deny', reason: 'not him' })
  await expect.poll(() => waiting(first)).toEqual(['s/1/tool-2'])
  await first.close()

  await using second = await open(folder, tool)
  await expect.poll(() => waiting(second)).toEqual(['s/1/tool-2'])
  second.decide(keyNamed(second, 's/1/tool-2'), { type: 'allow_in_cell', calls: 2 })
  const no = 'a the call of tool `send` was denied: not him'
  expect(textsOf(await second.observe('1')).slice(-4)).toEqual([no, 'b sent', 'c sent', no])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-2', 's/1/tool-3'])
})

test('later processes know what was decided about a call', async () => {
  const folder = newFolder()
  const { tool } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute(program)
  first.decide(keyNamed(first, 's/1/tool-1'), { type: 'deny' })
  await expect.poll(() => waiting(first)).toEqual(['s/1/tool-2'])
  await first.terminate('1')
  await first.close()
  await using second = await open(folder, tool)
  expect(['1/tool-1', '1/tool-2', '1/tool-3', '2/tool-1', 'x/tool-1'].map((key) => fateOf(second, `s/${key}`))).toEqual(
    [
      'it was denied already',
      'its cell has ended',
      'no such call waits for a decision',
      'no such call waits for a decision',
      'no such call waits for a decision',
    ],
  )
})

test('what waits on record waits, whatever rules a later process has', async () => {
  const folder = newFolder()
  const { tool, keys } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute('text(await tools.send({ to: "a" }).catch((error) => error))')
  await first.close()
  await using second = await open(folder, tool, {
    approvals: { hold: true, rules: [{ tools: 'send', policy: 'deny', reason: 'closed' }] },
  })
  expect(keys.map(plainKey)).toEqual([])
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1'])
})

test('the clock of a cell stands still over a restart while a decision is pending', async () => {
  const folder = newFolder()
  const { tool } = toolWithCalls()
  const first = await open(folder, tool)
  await first.execute(`text(await Promise.race([
    tools.send({ to: 'a' }),
    new Promise((resolve) => setTimeout(() => resolve('too late'), 20)),
  ]))`)
  await first.close()
  // waits because the timer of the cell would be due by now
  await new Promise((resolve) => setTimeout(resolve, 60))
  await using second = await open(folder, tool)
  await expect.poll(() => waiting(second)).toEqual(['s/1/tool-1'])
  // waits because the timer of the cell would be due by now
  await new Promise((resolve) => setTimeout(resolve, 60))
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
})
