import { beforeEach, expect, test } from 'vitest'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import {
  createCodeModeTools,
  createHostPool,
  createSession,
  readSession,
  type EnginePrint,
  type SessionListener,
} from '../../../src/index.ts'
import { createMcpServer, serveHttp } from '../../../src/mcp-server.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

const program = 'text(typeof Intl); text(await tools.gate({}))'
const resting = { yieldTimeMs: 60_000 }

test('a session on QuickJS runs, is evicted and resumes under one print', async () => {
  const gate = new Gate()
  const prints: (EnginePrint | null)[] = []
  const revived: string[] = []
  const listener: SessionListener = {
    onEvent: (event) => {
      if (event.type === 'cell_hosted') prints.push(event.engine)
      if (event.type === 'cell_revived') revived.push(event.cellId)
    },
  }
  await using session = await createSession({
    engine: 'quickjs',
    tools: [gate.tool],
    listeners: [listener],
    evictAfterMs: 0,
  })
  const outcome = session.execute(program, resting)
  await gate.called(1)
  gate.open('a')
  expect(textsOf(await outcome)).toEqual(['undefined', 'a'])
  expect(new Set(prints.map((print) => JSON.stringify(print))).size).toBe(1)
  expect(prints[0]).toMatchObject({ name: 'quickjs', icu: '', tz: '', timeZone: '', locale: '' })
})

test('a stored session on QuickJS resumes on hosts whose new cells have V8', async () => {
  const gate = new Gate()
  const options = { storage: folder, sessionId: 's', tools: [gate.tool] }
  {
    const session = await createSession({ ...options, engine: 'quickjs' })
    await session.execute(program, { yieldTimeMs: 0 })
    await gate.called(1)
    const closed = session.close()
    gate.open('a')
    await closed
  }
  expect(readSession({ storage: folder, sessionId: 's' }).cellList[0]?.engine).toMatchObject({ name: 'quickjs' })
  await using hosts = createHostPool({ size: 1 })
  await using session = await createSession({ ...options, hosts })
  expect(textsOf(await session.observe('1', resting))).toEqual(['a'])
  expect(textsOf(await session.execute('text(typeof Intl)'))).toEqual(['undefined'])
  await using other = await createSession({ hosts })
  expect(textsOf(await other.execute('text(typeof Intl)'))).toEqual(['object'])
})

test('exec describes QuickJS to models of sessions and clients of servers, and runs on it', async () => {
  await using hosts = createHostPool({ size: 1, engine: 'quickjs' })
  await using session = await createSession({ hosts })
  const model = createCodeModeTools(session)
  expect(model.exec.spec.description).toContain('`Intl` does not exist')
  await using server = createMcpServer({ tools: [], hosts })
  await using http = await serveHttp(server, { tokens: ['token'] })
  await using cleanups = new AsyncDisposableStack()
  const client = new Client({ name: 'test', version: '1' })
  cleanups.defer(() => client.close())
  const requestInit = { headers: { authorization: 'Bearer token' } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  expect((await client.listTools()).tools[0]?.description).toContain('`Intl` does not exist')
  const { content } = await client.callTool({ name: 'exec', arguments: { code: 'text(typeof Intl)' } })
  expect(JSON.stringify(content)).toContain('undefined')
})
