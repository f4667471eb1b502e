import { expect, test } from 'vitest'
import { openSession, createSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { keyNamed, plainKey } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { waiting } from './asking-session.ts'

type Opening = Pick<SessionOptions, 'approvals'> & {
  readonly tool?: Partial<Tool>
}

/** A durable session in a folder of its own, opened as often as wanted, with a tool that keeps the keys of its calls. */
function durable(): { folder: string; keys: string[]; open: (opening?: Opening) => Promise<Session> } {
  const folder = newFolder()
  const keys: string[] = []
  const open = async ({ tool = {}, ...options }: Opening = { approvals: { hold: true } }): Promise<Session> => {
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

/** What waits, but for the tools, which this process has changed. */
function withoutTools(session: Session): unknown {
  return session
    .pendingApprovals()
    .map((batch) => ({ ...batch, requests: batch.requests.map(({ tool: _tool, ...rest }) => rest) }))
}

const once = `text(await tools.send({ to: 'a', body: 'x'.repeat(9000) }).then(() => 'sent', (error) => error))`
const call = 's/1/tool-1'

const policies: readonly (readonly [what: string, opening: Opening])[] = [
  ['a tool that needs none', { approvals: { hold: true }, tool: { needsApproval: 'allow' } }],
  ['a tool that says nothing', { approvals: { hold: true }, tool: { needsApproval: () => 'allow' } }],
  ['a tool that refuses', { approvals: { hold: true }, tool: { needsApproval: 'deny' } }],
  ['a rule that allows', { approvals: { hold: true, rules: [{ tools: '*', policy: 'allow' }] } }],
  ['a rule that denies', { approvals: { hold: true, rules: [{ tools: '*', policy: 'deny' }] } }],
  ['a function that allows', { approvals: { hold: true, decide: () => 'allow' } }],
  ['a function that throws', { approvals: { hold: true, decide: () => JSON.parse('{') } }],
  ['nobody to ask', {}],
]

test.each(policies)('a call that waits for a person waits for a person in a process with %s', async (_, opening) => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(once)
  const shown = withoutTools(first)
  await first.close()

  await using second = await open(opening)
  // At once, before the cell has reached the call again: whole, and as it was shown before.
  expect(withoutTools(second)).toEqual(shown)
  const observed = second.observe('1', { yieldTimeMs: 60_000 })
  expect(keys.map(plainKey)).toEqual([])
  second.decide(keyNamed(second, call), { type: 'allow' })
  expect(textsOf(await observed)).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual([call])
})

test.each(policies)('a call that was allowed stays allowed in a process with %s', async (_, opening) => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  second.decide(keyNamed(second, call), { type: 'allow' })
  await second.close()

  await using third = await open(opening)
  expect(textsOf(await third.observe('1'))).toEqual(['sent'])
  expect(keys.map(plainKey)).toEqual([call])
})

test.each(policies)('a call that was denied stays denied in a process with %s', async (_, opening) => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  second.decide(keyNamed(second, call), { type: 'deny', reason: 'not him' })
  await second.close()

  await using third = await open(opening)
  expect(third.pendingApprovals()).toEqual([])
  expect(textsOf(await third.observe('1'))).toEqual(['the call of tool `send` was denied: not him'])
  expect(keys.map(plainKey)).toEqual([])
})

test('a decision before the revival is on record, and a second one is refused', async () => {
  const { folder, keys, open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await openSession({ storage: folder, sessionId: 's', hosts: sharedHosts('in-process'), tools: [] })
  expect(waiting(second)).toEqual([call])
  second.decide(keyNamed(second, call), { type: 'deny', reason: 'early' })
  expect(waiting(second)).toEqual([])
  expect(() => second.decide(keyNamed(second, call), { type: 'allow' })).toThrow('it was denied already')
  await second.close()
  await using third = await open()
  expect(textsOf(await third.observe('1'))).toEqual(['the call of tool `send` was denied: early'])
  expect(keys.map(plainKey)).toEqual([])
})

test('an allowance that is given before the revival holds for calls to come, and settles those that wait', async () => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(`await Promise.all([1, 2].map((to) => tools.send({ to })))
for (const to of [3, 4]) await tools.send({ to })`)
  await first.close()
  await using second = await open()
  expect(waiting(second)).toEqual(['s/1/tool-1', 's/1/tool-2'])
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow_in_cell', calls: 3 })
  expect(waiting(second)).toEqual([])
  await expect.poll(() => waiting(second)).toEqual(['s/1/tool-4'])
  expect(keys.map(plainKey)).toEqual(['s/1/tool-1', 's/1/tool-2', 's/1/tool-3'])
  second.decide(keyNamed(second, 's/1/tool-4'), { type: 'allow' })
  expect((await second.observe('1')).type).toBe('completed')
})

test('a call stops waiting when its cell ends before it reaches the call again', async () => {
  const { open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  await using second = await open()
  expect(waiting(second)).toEqual([call])
  await second.terminate('1')
  expect(waiting(second)).toEqual([])
  expect(() => second.decide(keyNamed(second, call), { type: 'allow' })).toThrow('its cell has ended')
})

test('a call stops waiting when its tool no longer takes it', async () => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  const inputSchema = { type: 'object', properties: { to: { type: 'number' } }, required: ['to'] }
  await using second = await open({ approvals: { hold: true }, tool: { inputSchema } })
  const outcome = await second.observe('1')
  expect(textsOf(outcome)[0]).toContain('its input does not fit its schema')
  expect(waiting(second)).toEqual([])
  expect(keys.map(plainKey)).toEqual([])
})

test('one allowance for a call is for the tool that was shown: another one is asked about', async () => {
  const { keys, open } = durable()
  const first = await open()
  await first.execute(once)
  await first.close()
  const second = await open()
  second.decide(keyNamed(second, call), { type: 'allow' })
  await second.close()
  await using third = await open({ approvals: { hold: true }, tool: { description: 'Sends to everybody' } })
  await expect.poll(() => waiting(third)).toEqual([call])
  expect(keys.map(plainKey)).toEqual([])
})

test('a call that had reached its tool is made again without a question, whatever policies say now', async () => {
  const { keys, open } = durable()
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
