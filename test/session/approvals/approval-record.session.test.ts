import { expect, test } from 'vitest'
import { openSession, createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { keyNamed, plainKey } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { pendingKeys } from './asking-session.ts'

type OpenOptions = Pick<SessionOptions, 'approvals'> & {
  readonly tool?: Partial<Tool>
}

/** Returns a new folder, a function that opens its durable session, and the keys that its tool receives. */
function durableFolder(): { folder: string; keys: string[]; open: (opening?: OpenOptions) => Promise<Session> } {
  const folder = newFolder()
  const keys: string[] = []
  const open = async ({ tool = {}, ...options }: OpenOptions = { approvals: { hold: true } }): Promise<Session> => {
    const send: Tool = { name: 'send', needsApproval: 'ask', call: (_, { key }) => keys.push(key), ...tool }
    return await createSession({
      storage: folder,
      sessionId: 's',
      hosts: sharedHosts('in-process'),
      tools: [send],
      ...options,
    })
  }
  return { folder, keys, open }
}

/** Returns the pending batches without their tools, which a later process can change. */
function pendingWithoutTools(session: Session): unknown {
  return session
    .pendingApprovals()
    .map((batch) => ({ ...batch, requests: batch.requests.map(({ tool: _tool, ...rest }) => rest) }))
}

const once = `text(await tools.send({ to: 'a', body: 'x'.repeat(9000) }).then(() => 'sent', (error) => error))`
const call = 's/1/tool-1'

const policies: readonly (readonly [name: string, opening: OpenOptions])[] = [
  ['a tool that needs no approval', { approvals: { hold: true }, tool: { needsApproval: 'allow' } }],
  ['a tool whose function allows', { approvals: { hold: true }, tool: { needsApproval: () => 'allow' } }],
  ['a tool that denies', { approvals: { hold: true }, tool: { needsApproval: 'deny' } }],
  ['a rule that allows', { approvals: { hold: true, rules: [{ tools: '*', policy: 'allow' }] } }],
  ['a rule that denies', { approvals: { hold: true, rules: [{ tools: '*', policy: 'deny' }] } }],
  ['a function that allows', { approvals: { hold: true, decide: () => 'allow' } }],
  ['a function that throws', { approvals: { hold: true, decide: () => JSON.parse('{') } }],
  ['no approver', {}],
]

test.each(policies)('a pending call stays pending in a process with %s', async (_, opening) => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  const shown = pendingWithoutTools(first)
  await first.close()

  await using second = await open(opening)
  // The call is pending before the cell reaches it again, complete and unchanged.
  expect(pendingWithoutTools(second)).toEqual(shown)
  const observed = second.observe('1', { yieldTimeMs: 60_000 })
  expect(keys.map(plainKey)).toEqual([])
  await second.decide(keyNamed(second, call), { type: 'allow' })
  expect(textsOf(await observed)).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual([call])
})

test.each(policies)('an allowed call stays allowed in a process with %s', async (_, opening) => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  await second.decide(keyNamed(second, call), { type: 'allow' })
  await second.close()

  await using third = await open(opening)
  expect(textsOf(await third.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual([call])
})

test.each(policies)('a denied call stays denied in a process with %s', async (_, opening) => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  await second.decide(keyNamed(second, call), { type: 'deny', reason: 'not him' })
  await second.close()

  await using third = await open(opening)
  expect(third.pendingApprovals()).toEqual([])
  expect(textsOf(await third.observe('1'))).toEqual(['the call of tool `send` was denied: not him'])
  expect(keys.map(plainKey)).toEqual([])
})

test('a session persists a decision before its cell resumes, and rejects a second one', async () => {
  const { folder, keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await openSession({ storage: folder, sessionId: 's', hosts: sharedHosts('in-process'), tools: [] })
  expect(pendingKeys(second)).toEqual([call])
  await second.decide(keyNamed(second, call), { type: 'deny', reason: 'early' })
  expect(pendingKeys(second)).toEqual([])
  expect(() => second.decide(keyNamed(second, call), { type: 'allow' })).toThrow('it was denied already')
  await second.close()
  await using third = await open()
  expect(textsOf(await third.observe('1'))).toEqual(['the call of tool `send` was denied: early'])
  expect(keys.map(plainKey)).toEqual([])
})

test('a grant before the cell resumes settles pending calls and covers later calls', async () => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(`await Promise.all([1, 2].map((to) => tools.send({ to })))
for (const to of [3, 4]) await tools.send({ to })`)
  await first.close()
  await using second = await open()
  expect(pendingKeys(second)).toEqual(['s/1/tool-1', 's/1/tool-2'])
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow_in_cell', calls: 3 })
  expect(pendingKeys(second)).toEqual([])
  await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-4'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1', 's/1/tool-2', 's/1/tool-3'])
  await second.decide(keyNamed(second, 's/1/tool-4'), { type: 'allow' })
  expect((await second.observe('1')).type).toBe('completed')
})

test('a pending call stops waiting when its cell ends before it reaches the call again', async () => {
  const { open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  await using second = await open()
  expect(pendingKeys(second)).toEqual([call])
  await second.terminate('1')
  expect(pendingKeys(second)).toEqual([])
  expect(() => second.decide(keyNamed(second, call), { type: 'allow' })).toThrow('its cell has ended')
})

test('a pending call stops waiting when its changed tool rejects its input', async () => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  const inputSchema = { type: 'object', properties: { to: { type: 'number' } }, required: ['to'] }
  await using second = await open({ approvals: { hold: true }, tool: { inputSchema } })
  const outcome = await second.observe('1')
  expect(textsOf(outcome)[0]).toContain('its input does not fit its schema')
  expect(pendingKeys(second)).toEqual([])
  expect(keys.map(plainKey)).toEqual([])
})

test('an approval covers the tool that the approver saw, and a changed tool needs another decision', async () => {
  const { keys, open } = durableFolder()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  await second.decide(keyNamed(second, call), { type: 'allow' })
  await second.close()
  await using third = await open({ approvals: { hold: true }, tool: { description: 'Sends to everybody' } })
  await expect.poll(() => pendingKeys(third)).toEqual([call])
  expect(keys.map(plainKey)).toEqual([])
})

test('a session repeats a call that had reached its tool without a prompt, under a stricter policy', async () => {
  const { keys, open } = durableFolder()
  const reached = Promise.withResolvers<void>()
  const never = (): Promise<never> => {
    reached.resolve()
    return new Promise(() => undefined)
  }
  const first = await open({ tool: { needsApproval: 'allow', idempotent: true, call: never } })
  void first.execute(once).catch(() => undefined)
  await reached.promise
  await first.close()
  await using second = await open({ approvals: { hold: true }, tool: { needsApproval: 'ask', idempotent: true } })
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual([call])
})
