import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type {
  ApprovalPage,
  CallDetail,
  CallPage,
  CellDetail,
  CellPage,
  ConsoleCatalogue,
  ConsoleEvent,
  DecideResponse,
  Overview,
  RevertResponse,
  RunEvent,
  RunStarted,
  SessionPage,
  Statistics,
} from '../../src/console/api.ts'
import type { ConsoleServer } from '../../src/console.ts'
import { createSession, type Session, type SessionOptions } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { ask, eventsUntil, headersOf, annToken, send, startConsole } from './console-client.ts'

const hosts = sharedHosts('in-process')

type Opened = { readonly storage: string; readonly server: ConsoleServer; readonly session: Session }

async function open(options: SessionOptions = {}, sessionId: string = 's'): Promise<Opened> {
  const storage = newFolder()
  const session = await createSession({ hosts, storage, sessionId, ...options })
  onTestFinished(async () => await session.close())
  return { storage, session, server: await startConsole({ storage, tools: options.tools ?? [] }) }
}

test('A stream begins with an overview, and has each cell that starts, waits and ends', async () => {
  const released = Promise.withResolvers<string>()
  const { server, session } = await open({ tools: [{ name: 'slow', call: async () => await released.promise }] })
  const seen: string[] = []
  const isEnd = (event: ConsoleEvent): boolean => {
    if (event.type !== 'changed') return false
    for (const { status } of event.cells) {
      if (seen.at(-1) !== status) seen.push(status)
      if (status === 'waits_tool') released.resolve('ok')
    }
    return seen.includes('completed')
  }
  const [first, ...rest] = await eventsUntil<ConsoleEvent>(server, isEnd, {
    onOpen: () => session.execute('text(await tools.slow({}))'),
  })
  expect(first).toMatchObject({ type: 'hello', overview: { sessions: 1, openSessions: 1, cells: { completed: 0 } } })
  expect(seen).toEqual(expect.arrayContaining(['waits_tool', 'completed']))
  expect(rest.at(-1)).toMatchObject({
    type: 'changed',
    sessions: [{ id: 's', owner: { pid: process.pid } }],
    calls: true,
  })
})

test('A corrupt session is listed with its reason, and the others are shown', async () => {
  const { server, session, storage } = await open()
  await session.execute('text(1)')
  mkdirSync(join(storage, 'broken'))
  writeFileSync(join(storage, 'broken', 'session.db'), 'not a database'.repeat(100))
  mkdirSync(join(storage, 'unrelated'))
  const { items } = await ask<SessionPage>(server, '/api/sessions')
  expect(items.map(({ id, type }) => [id, type])).toEqual([
    ['s', 'session'],
    ['broken', 'unreadable'],
  ])
  expect(items[1]).toMatchObject({ error: { code: 'SESSION_INVALID', advice: expect.any(String) } })
  expect((await ask<CellPage>(server, '/api/cells')).total).toBe(1)
  const { items: found } = await ask<SessionPage>(server, '/api/sessions?filter=unreadable')
  expect(found.map(({ id }) => id)).toEqual(['broken'])
})

test('A source that is away is reported to pages, which keep the last state, and heals', async () => {
  const { server, session, storage } = await open()
  await session.execute('text(1)')
  await session.close()
  const types: string[] = []
  await eventsUntil<ConsoleEvent>(
    server,
    (event) => {
      if (event.type === 'health') {
        types.push(event.health.type)
        if (event.health.type === 'away') renameSync(`${storage}-away`, storage)
      }
      return types.at(-1) === 'ok'
    },
    { onOpen: () => renameSync(storage, `${storage}-away`) },
  )
  expect(types).toEqual(['away', 'ok'])
  expect(await ask<Overview>(server, '/api/overview')).toMatchObject({ health: { type: 'ok' }, sessions: 1 })
})

test('A cell has its source, the locations at which it waits, and its calls with inputs and results', async () => {
  const tools = [
    { name: 'six', call: () => 6 },
    { name: 'ask', needsApproval: 'ask' as const, call: () => 7 },
  ]
  const { server, session } = await open({ tools, approvals: { hold: true } })
  const source = 'const six = await tools.six({ n: 1 })\nawait tools.ask({ six })'
  await session.execute(source, { yieldTimeMs: 0 })
  await expect.poll(() => session.pendingApprovals().length).toBe(1)
  await expect
    .poll(async () => await ask<CellDetail>(server, '/api/cell?session=s&cell=1'))
    .toMatchObject({
      status: 'waits_person',
      source,
      waitsAt: [{ line: 2, column: 13, callId: 'tool-2', identifier: 'ask' }],
      residence: 'unknown',
      engine: { name: 'v8' },
    })
  const { items } = await ask<CallPage>(server, '/api/calls?session=s&cell=1&order=oldest&state=applied')
  expect(items).toMatchObject([{ callId: 'tool-1', identifier: 'six', state: 'applied', inputStart: '{"n":1}' }])
  const detail = await ask<CallDetail>(server, `/api/call?session=s&key=${encodeURIComponent(items[0]?.key ?? '')}`)
  expect(detail).toMatchObject({
    input: { text: '{"n":1}', isComplete: true },
    result: { type: 'json', text: '6' },
    source,
  })
})

test('Names, sources and inputs of sessions are sent as strings of JSON only', async () => {
  const hostile = '</script><img src=x onerror=alert(1)>\u2028\u202e'
  const tools = [{ name: 'mail', description: hostile, needsApproval: 'ask' as const, call: () => 1 }]
  const { server, session } = await open({ tools, approvals: { hold: true } })
  await session.execute(`/* ${hostile} */\nawait tools.mail({ to: ${JSON.stringify(hostile)} })`, { yieldTimeMs: 0 })
  await expect.poll(() => session.pendingApprovals().length).toBe(1)
  for (const path of ['/api/cells', '/api/calls', '/api/approvals', '/api/cell?session=s&cell=1', '/api/catalogue']) {
    const reply = await send(server, path, { headers: headersOf(annToken) })
    expect(reply.headers['content-type'], path).toBe('application/json; charset=utf-8')
    expect(reply.status, path).toBe(200)
  }
  await expect.poll(async () => (await ask<ApprovalPage>(server, '/api/approvals')).total).toBe(1)
  const { items } = await ask<ApprovalPage>(server, '/api/approvals')
  // The shown input has no character that hides or reorders others.
  expect(items[0]?.groups[0]?.calls[0]?.shown).not.toMatch(/[\u2028\u202e]/)
})

test('A program of the playground runs with the chosen tools, waits for its approvals, and streams its events', async () => {
  const sent: unknown[] = []
  const tools = [
    { name: 'mail', description: 'Sends a mail.', call: (input: unknown) => sent.push(input) },
    { name: 'other', call: () => 1 },
  ]
  const { server } = await open({ tools })
  const catalogue = await ask<ConsoleCatalogue>(server, '/api/catalogue')
  expect(catalogue.tools).toMatchObject([{ identifier: 'mail', description: 'Sends a mail.' }, { identifier: 'other' }])
  expect(catalogue.declarations).toContain('declare const tools: {')
  const source = 'text(typeof tools.other); await tools.mail({ to: "Ann" }); text("done")'
  const { run, sessionId } = await ask<RunStarted>(server, '/api/run', { source, tools: ['mail'] })
  const decide = async (): Promise<void> => {
    await expect.poll(async () => (await ask<ApprovalPage>(server, '/api/approvals')).total).toBe(1)
    const [pending] = (await ask<ApprovalPage>(server, '/api/approvals')).items
    const calls = pending?.groups[0]?.calls.map(({ key, inputHash, toolDigest }) => ({ key, inputHash, toolDigest }))
    const request = { sessionId, calls, decision: { type: 'allow' }, requestId: 'r' }
    expect((await ask<DecideResponse>(server, '/api/decide', request)).error).toBeNull()
  }
  const events = await eventsUntil<RunEvent>(server, ({ type }) => type === 'ended', {
    path: `/api/run/events?run=${run}`,
    onOpen: decide,
  })
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['output', 'call_started', 'approval_asked', 'call_ended', 'ended']),
  )
  expect(events.find(({ type }) => type === 'output')).toMatchObject({ items: [{ type: 'text', text: 'undefined' }] })
  expect(sent).toEqual([{ to: 'Ann' }])
  await expect
    .poll(async () => (await ask<SessionPage>(server, '/api/sessions?search=playground')).items)
    .toMatchObject([{ id: sessionId, isInMemory: true, cells: { completed: 1 } }])
})

test('The calls of a session that no process has open are reverted with the tools of the console', async () => {
  const made = new Set<unknown>()
  const tools = [
    {
      name: 'create',
      call: (_: unknown, { key }: { readonly key: string }) => (made.add(key), key),
      revert: ({ result }: { readonly result: unknown }) => made.delete(result),
    },
  ]
  const { server, session, storage } = await open({ tools })
  await session.execute('await tools.create({})')
  const inUse = await send(server, '/api/revert', {
    method: 'POST',
    headers: headersOf(annToken),
    body: { sessionId: 's', cellId: '1' },
  })
  expect([inUse.status, inUse.json]).toMatchObject([409, { error: { code: 'SESSION_IN_USE' } }])
  await session.close()
  const without = await startConsole({ storage })
  const refused = await ask<object>(without, '/api/revert', { sessionId: 's', cellId: '1' })
  expect(refused).toMatchObject({
    error: { code: 'REVERT_UNAVAILABLE', advice: expect.stringContaining('codecell revert s 1') },
  })
  const { calls } = await ask<RevertResponse>(server, '/api/revert', { sessionId: 's', cellId: '1' })
  expect(calls).toMatchObject([{ type: 'reverted' }])
  expect(made.size).toBe(0)
})

test('A cell is terminated, and figures of calls are counted by tool and session', async () => {
  const tools = [{ name: 'never', call: async () => await new Promise(() => undefined) }]
  const { server, session } = await open({ tools })
  const { cellId } = await session.execute('await tools.never({})', { yieldTimeMs: 0 })
  await expect.poll(() => session.ledger().length).toBe(1)
  expect(await ask<object>(server, '/api/terminate', { sessionId: 's', cellId })).toEqual({ type: 'requested' })
  expect(await session.observe(cellId)).toMatchObject({ type: 'terminated' })
  await expect.poll(async () => (await ask<CellPage>(server, '/api/cells?status=terminated')).total).toBe(1)
  const figures = await ask<Statistics>(server, '/api/statistics')
  expect(figures.tools).toMatchObject([{ identifier: 'never', calls: 1, unknown: 1 }])
  expect(figures.sessions).toMatchObject([{ sessionId: 's', cells: 1, calls: 1, tokens: null }])
})
