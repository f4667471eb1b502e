import { DatabaseSync } from 'node:sqlite'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession, type Session, type Tool } from '../../../src/index.ts'
import { toolDigestOf } from '../../../src/tools/tool-digest.ts'
import { defineRowSum } from '../../../src/storage/disk/database/row-sums.ts'
import { keyNamed } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { pendingKeys } from './asking-session.ts'

const send: Tool = {
  name: 'send',
  server: 'mail',
  description: 'Sends a mail',
  inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
  outputSchema: { type: 'string' },
  annotations: { destructiveHint: true },
  needsApproval: 'ask',
  call: () => 'sent',
}

/** Changes that turn a tool into another tool of the same name. */
const changes: readonly (readonly [name: string, changed: Partial<Tool>])[] = [
  ['server', { server: 'other' }],
  ['description', { description: 'Sends a mail to everybody' }],
  ['input schema', { inputSchema: { type: 'object', properties: { to: { type: 'string', enum: ['a', 'b'] } } } }],
  ['output schema', { outputSchema: { type: 'number' } }],
  ['annotations', { annotations: { destructiveHint: true, openWorldHint: true } }],
]

const source = `text(await tools.send({ to: 'a' }))`

async function open(tools: readonly Tool[], folder?: string): Promise<Session> {
  const storageOption = folder === undefined ? {} : { storage: folder }
  return await createSession({
    sessionId: 's',
    hosts: sharedHosts('in-process'),
    approvals: { hold: true },
    tools,
    ...storageOption,
  })
}

test.each(changes)('a grant for the session ends when setTools() changes the %s of the tool', async (_, changed) => {
  await using session = await open([send])
  await session.execute(source)
  await session.decide(keyNamed(session, 's/1/tool-1'), { type: 'allow_in_session' })
  expect(textsOf(await session.observe('1'))).toEqual(['sent'])
  session.setTools([{ ...send, ...changed }])
  await session.execute(source)
  expect(pendingKeys(session)).toEqual(['s/2/tool-1'])
  // The same tool again, with its schema in another order.
  session.setTools([{ ...send, inputSchema: { properties: { to: { type: 'string' } }, type: 'object' } }])
  expect(textsOf(await session.execute(source))).toEqual(['sent'])
})

test.each(changes)(
  'a grant for the session ends when the %s of the tool changes across a restart',
  async (_, changed) => {
    const folder = newFolder()
    const first = await open([send], folder)
    await first.execute(source)
    await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_session' })
    await first.observe('1')
    await first.close()
    const second = await open([{ ...send }], folder)
    expect(textsOf(await second.execute(source))).toEqual(['sent'])
    await second.close()
    await using third = await open([{ ...send, ...changed }], folder)
    await third.execute(source)
    expect(pendingKeys(third)).toEqual(['s/3/tool-1'])
  },
)

test.each(changes)(
  'a counted grant of a cell ends when the %s of the tool changes across a restart',
  async (_, changed) => {
    const folder = newFolder()
    const first = await open([send, { name: 'rest', needsApproval: 'ask', call: () => 'rested' }], folder)
    await first.execute(`await tools.send({ to: 'a' }); await tools.rest({}); ${source}`)
    await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_cell', calls: 5 })
    await expect.poll(() => pendingKeys(first)).toEqual(['s/1/tool-2'])
    await first.close()
    const rest: Tool = { name: 'rest', needsApproval: 'ask', call: () => 'rested' }
    await using second = await open([{ ...send, ...changed }, rest], folder)
    await second.decide(keyNamed(second, 's/1/tool-2'), { type: 'allow' })
    await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-3'])
  },
)

/** Leaves a session whose only call was allowed and has reached its idempotent tool. Then this process loses the session. */
async function leaveCallAtTool(folder: string): Promise<void> {
  const called = Promise.withResolvers<void>()
  const never = (): Promise<never> => {
    called.resolve()
    return new Promise<never>(() => undefined)
  }
  const first = await open([{ ...send, idempotent: true, call: never }], folder)
  await first.execute(source, { yieldTimeMs: 0 })
  await expect.poll(() => pendingKeys(first)).toEqual(['s/1/tool-1'])
  await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow' })
  await called.promise
  rmSync(join(folder, 's', 'lease.db'))
}

test('a session makes an allowed call again after a restart without a prompt when its tool is the same', async () => {
  const folder = newFolder()
  await leaveCallAtTool(folder)
  await using second = await open([{ ...send, idempotent: true }], folder)
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
})

test.each(changes)(
  'an allowed call waits for a new decision when the %s of its tool changes across a restart',
  async (_, changed) => {
    const folder = newFolder()
    await leaveCallAtTool(folder)
    await using second = await open([{ ...send, idempotent: true, ...changed }], folder)
    await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-1'])
    expect(second.ledger().map(({ state }) => state)).toEqual(['started'])
    await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
    expect(textsOf(await second.observe('1'))).toMatchObject(['sent'])
  },
)

test('a call that reached its tool has an unknown outcome when it is denied after the tool changed', async () => {
  const folder = newFolder()
  await leaveCallAtTool(folder)
  await using second = await open([{ ...send, idempotent: true, description: 'Burns a mail' }], folder)
  await expect.poll(() => pendingKeys(second)).toEqual(['s/1/tool-1'])
  await second.decide(keyNamed(second, 's/1/tool-1'), { type: 'deny' })
  expect(await second.observe('1')).toMatchObject({ type: 'failed', errorText: expect.stringContaining('denied') })
  expect(second.ledger().map(({ state }) => state)).toEqual(['unknown'])
})

test('a grant does not settle the waiting call of a changed tool in another cell', async () => {
  await using session = await open([send])
  await session.execute(source)
  session.setTools([{ ...send, description: 'Another' }])
  await session.execute(source)
  await session.decide(keyNamed(session, 's/1/tool-1'), { type: 'allow_in_session' })
  expect(pendingKeys(session)).toEqual(['s/2/tool-1'])
})

test('grants of an older format, which have no digest of the tool, do not count', async () => {
  const folder = newFolder()
  const first = await open([send], folder)
  await first.execute(source)
  await first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_session' })
  await first.observe('1')
  await first.close()
  const database = new DatabaseSync(join(folder, 's', 'session.db'))
  defineRowSum(database)
  database.exec('UPDATE grants SET tool_digest = NULL')
  database.close()
  await using second = await open([send], folder)
  await second.execute(source)
  expect(pendingKeys(second)).toEqual(['s/2/tool-1'])
})

test('a tool that changes in place has another digest, and a tool that JSON cannot describe has a new one each time', () => {
  const tool = { ...send, description: 'before' }
  const before = toolDigestOf(tool)
  expect(toolDigestOf(tool)).toBe(before)
  tool.description = 'after'
  expect(toolDigestOf(tool)).not.toBe(before)
  const odd = { ...send, inputSchema: { maximum: 1n } }
  expect(toolDigestOf(odd)).not.toBe(toolDigestOf(odd))
})
