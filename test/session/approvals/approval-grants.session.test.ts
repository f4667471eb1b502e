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
import { waiting } from './asking-session.ts'

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

/** What makes another tool of the same name. */
const changes: readonly (readonly [what: string, changed: Partial<Tool>])[] = [
  ['server', { server: 'other' }],
  ['description', { description: 'Sends a mail to everybody' }],
  ['input schema', { inputSchema: { type: 'object', properties: { to: { type: 'string', enum: ['a', 'b'] } } } }],
  ['output schema', { outputSchema: { type: 'number' } }],
  ['annotations', { annotations: { destructiveHint: true, openWorldHint: true } }],
]

const source = `text(await tools.send({ to: 'a' }))`

async function open(tools: readonly Tool[], folder?: string): Promise<Session> {
  const kept = folder === undefined ? {} : { storage: folder }
  return await createSession({
    sessionId: 's',
    hosts: sharedHosts('in-process'),
    approvals: { hold: true },
    tools,
    ...kept,
  })
}

test.each(changes)(
  'an allowance for the session ends where the %s of the tool changes with setTools',
  async (_, changed) => {
    await using session = await open([send])
    await session.execute(source)
    session.decide(keyNamed(session, 's/1/tool-1'), { type: 'allow_in_session' })
    expect(textsOf(await session.observe('1'))).toEqual(['sent'])
    session.setTools([{ ...send, ...changed }])
    await session.execute(source)
    expect(waiting(session)).toEqual(['s/2/tool-1'])
    // The same tool again, its schema written in another order.
    session.setTools([{ ...send, inputSchema: { properties: { to: { type: 'string' } }, type: 'object' } }])
    expect(textsOf(await session.execute(source))).toEqual(['sent'])
  },
)

test.each(changes)(
  'an allowance for the session ends where the %s of the tool changed over a restart',
  async (_, changed) => {
    const folder = newFolder()
    const first = await open([send], folder)
    await first.execute(source)
    first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_session' })
    await first.observe('1')
    await first.close()
    const second = await open([{ ...send }], folder)
    expect(textsOf(await second.execute(source))).toEqual(['sent'])
    await second.close()
    await using third = await open([{ ...send, ...changed }], folder)
    await third.execute(source)
    expect(waiting(third)).toEqual(['s/3/tool-1'])
  },
)

test.each(changes)(
  'a counted allowance of a cell ends where the %s of the tool changed over a restart',
  async (_, changed) => {
    const folder = newFolder()
    const first = await open([send, { name: 'rest', needsApproval: 'ask', call: () => 'rested' }], folder)
    await first.execute(`await tools.send({ to: 'a' }); await tools.rest({}); ${source}`)
    first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_cell', calls: 5 })
    await expect.poll(() => waiting(first)).toEqual(['s/1/tool-2'])
    await first.close()
    const rest: Tool = { name: 'rest', needsApproval: 'ask', call: () => 'rested' }
    await using second = await open([{ ...send, ...changed }, rest], folder)
    second.decide(keyNamed(second, 's/1/tool-2'), { type: 'allow' })
    await expect.poll(() => waiting(second)).toEqual(['s/1/tool-3'])
  },
)

/** A session whose only call was allowed and has reached its tool, which may be called again; then this process loses it. */
async function leftAtItsTool(folder: string): Promise<void> {
  const called = Promise.withResolvers<void>()
  const never = (): Promise<never> => {
    called.resolve()
    return new Promise<never>(() => undefined)
  }
  const first = await open([{ ...send, idempotent: true, call: never }], folder)
  await first.execute(source, { yieldTimeMs: 0 })
  await expect.poll(() => waiting(first)).toEqual(['s/1/tool-1'])
  first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow' })
  await called.promise
  rmSync(join(folder, 's', 'lease.db'))
}

test('a call that was allowed is made again unasked after a restart, while its tool is the same', async () => {
  const folder = newFolder()
  await leftAtItsTool(folder)
  await using second = await open([{ ...send, idempotent: true }], folder)
  expect(textsOf(await second.observe('1'))).toEqual(['sent'])
})

test.each(changes)(
  'a call that was allowed waits for a new decision where the %s of its tool changed over a restart',
  async (_, changed) => {
    const folder = newFolder()
    await leftAtItsTool(folder)
    await using second = await open([{ ...send, idempotent: true, ...changed }], folder)
    await expect.poll(() => waiting(second)).toEqual(['s/1/tool-1'])
    expect(second.ledger().map(({ state }) => state)).toEqual(['started'])
    second.decide(keyNamed(second, 's/1/tool-1'), { type: 'allow' })
    expect(textsOf(await second.observe('1'))).toMatchObject(['sent'])
  },
)

test('the outcome of a call is unknown that reached its tool once, and is denied after the tool changed', async () => {
  const folder = newFolder()
  await leftAtItsTool(folder)
  await using second = await open([{ ...send, idempotent: true, description: 'Burns a mail' }], folder)
  await expect.poll(() => waiting(second)).toEqual(['s/1/tool-1'])
  second.decide(keyNamed(second, 's/1/tool-1'), { type: 'deny' })
  expect(await second.observe('1')).toMatchObject({ type: 'failed', errorText: expect.stringContaining('denied') })
  expect(second.ledger().map(({ state }) => state)).toEqual(['unknown'])
})

test('an allowance does not settle the waiting call of a changed tool in another cell', async () => {
  await using session = await open([send])
  await session.execute(source)
  session.setTools([{ ...send, description: 'Another' }])
  await session.execute(source)
  session.decide(keyNamed(session, 's/1/tool-1'), { type: 'allow_in_session' })
  expect(waiting(session)).toEqual(['s/2/tool-1'])
})

test('allowances of an older format, which do not say what the tool was, do not count', async () => {
  const folder = newFolder()
  const first = await open([send], folder)
  await first.execute(source)
  first.decide(keyNamed(first, 's/1/tool-1'), { type: 'allow_in_session' })
  await first.observe('1')
  await first.close()
  const database = new DatabaseSync(join(folder, 's', 'session.db'))
  defineRowSum(database)
  database.exec('UPDATE grants SET tool_digest = NULL')
  database.close()
  await using second = await open([send], folder)
  await second.execute(source)
  expect(waiting(second)).toEqual(['s/2/tool-1'])
})

test('a tool that is changed in place has another digest, and one that JSON cannot describe a new one each time', () => {
  const tool = { ...send, description: 'before' }
  const before = toolDigestOf(tool)
  expect(toolDigestOf(tool)).toBe(before)
  tool.description = 'after'
  expect(toolDigestOf(tool)).not.toBe(before)
  const odd = { ...send, inputSchema: { maximum: 1n } }
  expect(toolDigestOf(odd)).not.toBe(toolDigestOf(odd))
})
