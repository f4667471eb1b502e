import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ApprovalPage, Me, RunStarted, SessionPage, Statistics } from '../../src/console/api.ts'
import { routes } from '../../src/console/server/routes.ts'
import { createSession, type Tool } from '../../src/index.ts'
import { sqliteStore } from '../../src/store.ts'
import { createTraceRecorder } from '../../src/trace.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { ask, headersOf, send, type Reply } from './console-client.ts'
import { startJwtConsole, type JwtConsole } from './jwt-console.ts'

const hosts = sharedHosts('in-process')
const marker = 'marker-of-b'

type Tenants = JwtConsole & {
  readonly a: string
  readonly b: string
  readonly traceName: string
  readonly calls: readonly unknown[]
}

/** Starts a console of two tenants. Tenant B has a session with a call that waits for a decision, and a trace. */
async function startTenants(): Promise<Tenants> {
  const path = join(newFolder(), 'store.db')
  const traces = newFolder()
  const calls: unknown[] = []
  const tools: Tool[] = [{ name: 'mail', needsApproval: 'ask', call: (input) => calls.push(input) }]
  const storeOfB = sqliteStore(path, { tenant: 'b' })
  const store = sqliteStore(path)
  const recorder = createTraceRecorder({ root: traces })
  const listeners = [recorder.rootThread.listen()]
  const approvals = { hold: true } as const
  const session = await createSession({ hosts, store: storeOfB, sessionId: 'of-b', tools, approvals, listeners })
  onTestFinished(async () => {
    await session.close()
    await recorder[Symbol.asyncDispose]()
    await storeOfB[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
  await session.execute(`/* ${marker} */ await tools.mail({ to: "${marker}" })`, { yieldTimeMs: 0 })
  await expect.poll(() => session.pendingApprovals().length).toBe(1)
  const started = await startJwtConsole({ store, tools, traces, runOptions: { hosts } }, { tenantClaim: 'org' })
  const tokenOf = async (org: string): Promise<string> =>
    await started.issuer.token({ org, sub: `user-of-${org}`, scope: 'read approve' })
  const [a, b] = await Promise.all([tokenOf('a'), tokenOf('b')])
  return { ...started, a, b, calls, traceName: recorder.directory?.split('/').at(-1) ?? '' }
}

async function pendingOf({ server }: JwtConsole, token: string): Promise<ApprovalPage> {
  return await ask<ApprovalPage>(server, '/api/approvals', undefined, token)
}

const others = { tenant: 'b', org: 'b', store: 'b', user: 'user-of-b' }

test('A user of a tenant cannot read or change anything of another tenant, whatever the parameters', async () => {
  const tenants = await startTenants()
  const { server, a, b, calls } = tenants
  await expect.poll(async () => (await pendingOf(tenants, b)).total).toBe(1)
  const [call] = (await pendingOf(tenants, b)).items[0]?.groups[0]?.calls ?? []
  const shown = { key: call?.key ?? '', inputHash: call?.inputHash, toolDigest: call?.toolDigest }
  const run = await ask<RunStarted>(server, '/api/run', { source: `await tools.mail({ to: "${marker}" })` }, b)
  for (const sessionId of ['of-b', 'b/of-b', '../b/of-b', 'b:of-b', run.sessionId]) {
    const names = { sessionId, session: sessionId, cellId: '1', cell: '1', requestId: 'r', run: run.run, ...others }
    const given = { calls: [shown], decision: { type: 'allow' }, settlement: { type: 'happened' }, result: '1' }
    for (const [path, { method }] of Object.entries(routes)) {
      if (path === '/api/events' || path === '/api/run') continue
      const label = `${path} of ${sessionId}`
      const parameters = new URLSearchParams({ ...names, key: shown.key })
      const headers = { ...headersOf(a), 'x-tenant': 'b', 'codecell-tenant': 'b' }
      const reply: Reply = await send(server, `${path}?${parameters.toString()}`, {
        method,
        headers,
        ...(method === 'POST' ? { body: { ...names, ...given, key: shown.key } } : {}),
      })
      expect(reply.text, label).not.toContain(marker)
      const isOfOne = method === 'POST' || ['/api/session', '/api/cell', '/api/call', '/api/run/events'].includes(path)
      // An id that no session can have is a bad request.
      const statuses = isOfOne ? (sessionId.includes('of-b') && sessionId !== 'of-b' ? [400, 404] : [404]) : [200]
      expect(statuses, label).toContain(reply.status)
      if (!isOfOne) expect(reply.text, label).not.toContain('of-b')
    }
  }
  expect(await ask<SessionPage>(server, '/api/sessions', undefined, a)).toMatchObject({ total: 0 })
  // Everything of the tenant is as it was.
  expect(calls).toEqual([])
  await expect.poll(async () => (await pendingOf(tenants, b)).total).toBe(2)
})

test('A user of a tenant gets no events of another tenant', async () => {
  const { server, a, issuer } = await startTenants()
  const stream = async (token: string): Promise<string> =>
    (await send(server, '/api/events?tenant=b&session=of-b', { headers: headersOf(token) })).text
  const exp = Math.floor(Date.now() / 1000) + 3
  const short = await Promise.all(
    ['a', 'b'].map(async (org) => await stream(await issuer.token({ org, scope: 'read', exp }))),
  )
  expect(short[0]).toContain('"sessions":0')
  expect(short[1]).toContain('"sessions":1')
  expect(short[0]).not.toMatch(/marker-of-b|of-b/)
  expect((await send(server, '/api/overview?tenant=b', { headers: headersOf(a) })).json).toMatchObject({ sessions: 0 })
})

test('Users of a tenant see and decide the calls of their own runs', async () => {
  const tenants = await startTenants()
  const { server, a, b, calls } = tenants
  const { run, sessionId } = await ask<RunStarted>(server, '/api/run', { source: 'await tools.mail({ n: 1 })' }, a)
  await expect.poll(async () => (await pendingOf(tenants, a)).items).toMatchObject([{ sessionId }])
  expect((await pendingOf(tenants, b)).items.map((each) => each.sessionId)).toEqual(['of-b'])
  const [call] = (await pendingOf(tenants, a)).items[0]?.groups[0]?.calls ?? []
  const { key, inputHash, toolDigest } = call ?? {}
  const decided = { sessionId, calls: [{ key, inputHash, toolDigest }], decision: { type: 'allow' }, requestId: 'r' }
  expect(await ask<object>(server, '/api/decide', decided, a)).toMatchObject({ error: null })
  const events = await send(server, `/api/run/events?run=${run}`, { headers: headersOf(a) })
  expect(events.text).toContain('"type":"ended"')
  expect(calls).toEqual([{ n: 1 }])
})

test('Users of a tenant see no traces, because bundles do not name tenants', async () => {
  const { server, a, b, traceName } = await startTenants()
  expect(traceName).toMatch(/^trace-/)
  for (const token of [a, b]) {
    for (const path of [`/trace/${traceName}/`, `/trace/${traceName}/data.json`, `/trace/${traceName}/payload/1`]) {
      const reply = await send(server, path, { headers: headersOf(token) })
      expect([path, reply.status]).toEqual([path, 404])
    }
    expect(await ask<Statistics>(server, '/api/statistics', undefined, token)).toMatchObject({ models: null })
    const { unavailable } = await ask<Me>(server, '/api/me', undefined, token)
    expect(unavailable.traces).toContain('tenant')
  }
  expect(await ask<object>(server, '/api/cell?session=of-b&cell=1', undefined, b)).toMatchObject({ trace: null })
})
