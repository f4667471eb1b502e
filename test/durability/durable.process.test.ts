import { cpSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CodecellError, createSession, readSession, type Session } from '../../src/index.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { DurableAgent } from './durable-process.ts'

/** The type of an outcome, and its texts. */
function shown(outcome: unknown): string {
  if (!isRecord(outcome)) return String(outcome)
  const items = Array.isArray(outcome['items']) ? outcome['items'] : []
  const texts = items.map((item: unknown) => (isRecord(item) ? String(item['text']) : ''))
  return [String(outcome['type']), ...texts].join(' | ')
}

function ledgerOf(folder: string): readonly string[] {
  return readSession({ storage: folder, sessionId: 'kept' }).ledger.map(({ callId, state }) => `${callId} ${state}`)
}

/** Timers on record that have not fired. */
function openTimers(folder: string): number {
  return readSession({ storage: folder, sessionId: 'kept' }).cellList.flatMap(({ state }) =>
    state.type === 'running' ? state.waits.filter(({ type }) => type === 'timer') : [],
  ).length
}

test('a call that was pending when its agent was killed is made again only if its tool is idempotent', async () => {
  const folder = newFolder()
  const source = `text('got ' + await tools.book({ n: 1 }))
const rest = await Promise.allSettled([tools.book({ n: 2 }), tools.look({ n: 3 })])
for (const { value, reason } of rest) text(String(value ?? reason))`
  {
    await using agent = await DurableAgent.start(folder)
    void agent.ask('execute', source, { yieldTimeMs: 0 })
    await agent.called(1)
    expect(ledgerOf(folder)).toEqual(['tool-1 started'])
    agent.answer('kept/1/tool-1', 'one')
    await agent.called(3)
    expect(ledgerOf(folder)).toEqual(['tool-1 applied', 'tool-2 started', 'tool-3 started'])
    await agent.kill()
  }
  await using agent = await DurableAgent.start(folder)
  await agent.called(1)
  agent.answer('kept/1/tool-3', 'three')
  const unknown =
    'tool `book`: the outcome of this call is unknown: the process ended before the answer was on record; the call is not made again (key kept/1/tool-2~TOKEN)'
  expect(shown(await agent.ask('observe', '1')).replace(/~\w+/, '~TOKEN')).toBe(
    `completed | got one | ${unknown} | three`,
  )
  expect(agent.calls).toEqual(['look kept/1/tool-3'])
  expect(ledgerOf(folder)).toEqual(['tool-1 applied', 'tool-2 unknown', 'tool-3 applied'])
})

test('a session whose agent ended without closing it resumes', async () => {
  const folder = newFolder()
  {
    await using agent = await DurableAgent.start(folder)
    await agent.ask('execute', 'text(await tools.look({ n: 1 }))', { yieldTimeMs: 0 })
    await agent.called(1)
    await agent.end()
  }
  await using agent = await DurableAgent.start(folder)
  await agent.called(1)
  agent.answer('kept/1/tool-1', 'one')
  expect(shown(await agent.ask('observe', '1'))).toBe('completed | one')
})

test('a call that was pending when its agent was killed is unknown when its cell ends first', async () => {
  const folder = newFolder()
  {
    await using agent = await DurableAgent.start(folder)
    void agent.ask('execute', 'await tools.look({ n: 1 })', { yieldTimeMs: 0 })
    await agent.called(1)
    await agent.kill()
  }
  await using agent = await DurableAgent.start(folder)
  expect(shown(await agent.ask('terminate', '1'))).toBe('terminated')
  expect(ledgerOf(folder)).toEqual(['tool-1 unknown'])
})

test('an answer that was delivered before a kill comes again only by its request', async () => {
  const folder = newFolder()
  const source = `text('a ' + Math.random()); notify('n1'); yield_control(); text('b ' + await tools.look()); notify('n2')`
  let first: unknown
  {
    await using agent = await DurableAgent.start(folder)
    first = await agent.ask('execute', source, { requestId: 'call-1' })
    expect(shown(first)).toMatch(/^yielded \| a 0\.\d+$/)
    await agent.called(1)
    // Once it answers something else, the delivery is on record.
    expect(shown(await agent.ask('terminate', '99'))).toBe('missing')
    await agent.kill()
  }
  await using agent = await DurableAgent.start(folder)
  expect(await agent.ask('execute', source, { requestId: 'call-1' })).toEqual(replayOf(first))
  await agent.called(1)
  agent.answer('kept/1/tool-1', 'x')
  const second = await agent.ask('observe', '1', { requestId: 'call-2' })
  expect(shown(second)).toBe('completed | b x')
  expect(await agent.ask('observe', '1', { requestId: 'call-2' })).toEqual(replayOf(second))
  expect(shown(await agent.ask('observe', '1'))).toBe('missing')
  expect(agent.notifications).toEqual(['n2'])
})

test('a killed agent keeps the output and the stored values of ended cells only', async () => {
  const folder = newFolder()
  {
    await using agent = await DurableAgent.start(folder)
    await agent.ask('execute', `store('done', await tools.look()); text('end')`, { yieldTimeMs: 0 })
    await agent.ask('execute', `store('open', 1); await tools.look()`, { yieldTimeMs: 0 })
    await agent.called(2)
    agent.answer('kept/1/tool-1', 7)
    await expect
      .poll(() => readSession({ storage: folder, sessionId: 'kept' }).cellList.map(({ state }) => state.type))
      .toEqual(['finished', 'running'])
    await agent.kill()
  }
  await using agent = await DurableAgent.start(folder)
  expect(shown(await agent.ask('observe', '1'))).toBe('completed | end')
  expect(shown(await agent.ask('execute', `text([load('done'), load('open')])`))).toBe('completed | [7,null]')
  expect(agent.calls).toEqual(['look kept/2/tool-1'])
})

test('timers that came due without a process fire once, in the order in which they were due', async () => {
  const folder = newFolder()
  const source = `for (const [ms, name] of [[30, 'c'], [10, 'a'], [20, 'b'], [10, 'a2']]) setTimeout(() => text(name), ms)
const off = setTimeout(() => text('never'), 15)
clearTimeout(off)
await tools.look()
text('end')`
  {
    await using agent = await DurableAgent.start(folder)
    await agent.ask('execute', source, { yieldTimeMs: 0 })
    await agent.called(1)
    await agent.kill()
  }
  await using agent = await DurableAgent.start(folder)
  await agent.called(1)
  // The journal has all of them as fired.
  await expect.poll(() => openTimers(folder)).toBe(0)
  agent.answer('kept/1/tool-1', 0)
  expect(shown(await agent.ask('observe', '1'))).toBe('completed | a | a2 | b | c | end')
})

test('a session whose write-ahead log lost its end opens, or is refused by name', async () => {
  const folder = newFolder()
  {
    await using agent = await DurableAgent.start(folder)
    await agent.ask('execute', `store('kept', 1)`)
    await agent.ask('execute', `await tools.look(); await tools.look()`, { yieldTimeMs: 0 })
    await agent.called(1)
    agent.answer('kept/2/tool-1', 1)
    await agent.called(2)
    await agent.kill()
  }
  const { size } = statSync(join(folder, 'kept', 'session.db-wal'))
  const seen = new Set<string>()
  for (const part of [0, 0.2, 0.4, 0.6, 0.8, 0.95, 1]) {
    const copy = newFolder()
    cpSync(folder, copy, { recursive: true })
    truncateSync(join(copy, 'kept', 'session.db-wal'), Math.floor(size * part))
    seen.add(await howItOpens(copy))
  }
  expect([...seen].filter((how) => how !== 'opens' && how !== 'SESSION_INVALID')).toEqual([])
  expect(seen).toContain('opens')
})

test('a session that another process has open is refused until that process is killed', async () => {
  const folder = newFolder()
  const options = { storage: folder, sessionId: 'kept', hosts: sharedHosts('in-process') }
  await using agent = await DurableAgent.start(folder)
  await expect(createSession(options)).rejects.toMatchObject({
    code: 'SESSION_IN_USE',
    message: expect.stringContaining(`process ${String(agent.pid)} has it open`),
  })
  await agent.kill()
  await using session = await createSession(options)
  expect(session.id).toBe('kept')
})

async function howItOpens(folder: string): Promise<string> {
  let session: Session | null = null
  try {
    session = await createSession({ storage: folder, sessionId: 'kept', hosts: sharedHosts('in-process') })
    await session.execute('text(1)')
    return 'opens'
  } catch (error) {
    return error instanceof CodecellError ? error.code : String(error)
  } finally {
    await session?.close()
  }
}

function replayOf(outcome: unknown): unknown {
  return Object.assign({}, outcome, { isReplay: true })
}
