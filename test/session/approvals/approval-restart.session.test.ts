import { expect, test } from 'vitest'
import { createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { keyNamed, plainKey } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { pendingKeys } from './asking-session.ts'

/** Returns a tool that records the keys of its calls. */
function recordingTool(): { readonly tool: Tool; readonly keys: readonly string[] } {
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

function tryToDecide(session: Session, key: string): string {
  try {
    void session.decide(keyNamed(session, key), { type: 'allow' })
    return 'decided'
  } catch (error) {
    expect(error).toMatchObject({ code: 'APPROVAL_NOT_PENDING' })
    return String(error).replace(/^.*: /, '')
  }
}

const program = `for (const to of ['a', 'b', 'c', 'a']) {
  text(to + ' ' + await tools.send({ to }).catch((error) => error))
}`

test('the next process presents a pending call again and makes it once', async () => {
  const folder = newFolder()
  const { tool, keys } = recordingTool()
  const first = await open(folder, tool)
  await first.execute('text(await tools.send({ to: "a" }))')
  const shown = first.pendingApprovals()
  await first.close()
  await using second = await open(folder, tool)
  await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-1'])
  expect(second.pendingApprovals()).toEqual(shown)
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1'])
})

test('a decision counts when it arrives before the cell repeats its call', async () => {
  const folder = newFolder()
  const { tool, keys } = recordingTool()
  const first = await open(folder, tool)
  await first.execute(program)
  await first.close()

  const second = await open(folder, tool)
  expect(pendingKeys(second)).toEqual(['s/1/tool-1'])
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow_in_cell', calls: 2 })
  expect(tryToDecide(second, 's/1/tool-1')).toBe('it was allowed already')
  expect(tryToDecide(second, 's/1/tool-2')).toBe('no pending call has this key')
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

test('a denial and the rest of a grant survive the process', async () => {
  const folder = newFolder()
  const { tool, keys } = recordingTool()
  const first = await open(folder, tool)
  await first.execute(program)
  await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'deny', reason: 'not him' })
  await expect.poll(() => pendingKeys(first)).toEqual(['s/1/tool-2'])
  await first.close()

  await using second = await open(folder, tool)
  await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-2'])
  await second.decide(keyNamed(second, 's/1/tool-2'), { type: 'allow_in_cell', calls: 2 })
  const no = 'a the call of tool `send` was denied: not him'
  expect(textsOf(await second.observe('1')).slice(-4)).toEqual([no, 'b sent', 'c sent', no])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-2', 's/1/tool-3'])
})

test('later processes know the decision about a call', async () => {
  const folder = newFolder()
  const { tool } = recordingTool()
  const first = await open(folder, tool)
  await first.execute(program)
  await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'deny' })
  await expect.poll(() => pendingKeys(first)).toEqual(['s/1/tool-2'])
  await first.terminate('1')
  await first.close()
  await using second = await open(folder, tool)
  expect(
    ['1/tool-1', '1/tool-2', '1/tool-3', '2/tool-1', 'x/tool-1'].map((key) => tryToDecide(second, `s/${key}`)),
  ).toEqual([
    'it was denied already',
    'its cell has ended',
    'no pending call has this key',
    'no pending call has this key',
    'no pending call has this key',
  ])
})

test('a persisted pending call stays pending under the rules of a later process', async () => {
  const folder = newFolder()
  const { tool, keys } = recordingTool()
  const first = await open(folder, tool)
  await first.execute('text(await tools.send({ to: "a" }).catch((error) => error))')
  await first.close()
  await using second = await open(folder, tool, {
    approvals: { hold: true, rules: [{ tools: 'send', policy: 'deny', reason: 'closed' }] },
  })
  expect(keys.map(plainKey)).toEqual([])
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1'])
})

test('the clock of a cell stops across a restart while a decision is pending', async () => {
  const folder = newFolder()
  const { tool } = recordingTool()
  const first = await open(folder, tool)
  await first.execute(`text(await Promise.race([
    tools.send({ to: 'a' }),
    new Promise((resolve) => setTimeout(() => resolve('too late'), 20)),
  ]))`)
  await first.close()
  // Waits because only time shows that the clock of the cell stands still.
  await new Promise((resolve) => setTimeout(resolve, 60))
  await using second = await open(folder, tool)
  await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-1'])
  // Waits because only time shows that the clock of the cell stands still.
  await new Promise((resolve) => setTimeout(resolve, 60))
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
})
