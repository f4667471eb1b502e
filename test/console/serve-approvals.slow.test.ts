import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, onTestFinished, test } from 'vitest'
import type { ApprovalPage, DecideResponse, DecisionPage } from '../../src/console/api.ts'
import type { ConsoleServer } from '../../src/console.ts'
import { configFolder, fixtureServer, negotiation, type Era } from '../mcp-server/served.ts'
import { startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { send, type Reply } from './console-client.ts'

type Approver = {
  readonly get: <Json>(path: string) => Promise<Json>
  readonly post: (path: string, body: object) => Promise<Reply>
}

const pageHeaders = { 'x-codecell-console': '1', 'content-type': 'application/json' }

async function logIn(server: ConsoleServer, token: string, name: string): Promise<Approver> {
  const login = await send(server, '/api/login', { method: 'POST', headers: pageHeaders, body: { token, name } })
  const cookie = login.headers['set-cookie']?.join('').split(';', 1).join('') ?? ''
  return {
    get: async (path) => JSON.parse((await send(server, path, { headers: { cookie } })).text),
    post: async (path, body) => await send(server, path, { method: 'POST', body, headers: { ...pageHeaders, cookie } }),
  }
}

type Served = { readonly client: Client; readonly approvers: readonly [Approver, Approver] }

/** Starts a server with a console, two approvers, and a client without elicitation. */
async function startServed(era: Era, args: readonly string[]): Promise<Served> {
  const config = await configFolder({ db: fixtureServer('hinted-mcp-server.ts') })
  const run = startCli(['serve', '--http', '--no-token', '--console', '--config', config.file, ...args])
  onTestFinished(async () => {
    run.child.kill('SIGTERM')
    await run.result
    await config[Symbol.asyncDispose]()
  })
  const [, page = '', token = ''] = /Console (http:\S+\/)#token=(\S+)/.exec(await run.said('#token=')) ?? []
  const [, url = ''] = /Serving (\S+)/.exec(await run.said('/mcp\n')) ?? []
  const server = { url: page, loginUrl: () => page, [Symbol.asyncDispose]: async () => undefined }
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation(era) })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  onTestFinished(async () => await client.close())
  return { client, approvers: [await logIn(server, token, 'Ann'), await logIn(server, token, 'Bo')] }
}

async function call(client: Client, name: string, input: Record<string, unknown>): Promise<string> {
  return JSON.stringify((await client.callTool({ name, arguments: input })).content)
}

async function decisionOf(approver: Approver, decision: object, requestId: string): Promise<object> {
  const pending = async (): Promise<ApprovalPage> => await approver.get<ApprovalPage>('/api/approvals')
  await expect.poll(async () => (await pending()).total).toBe(1)
  const [cell] = (await pending()).items
  const calls = cell?.groups[0]?.calls.map(({ key, inputHash, toolDigest }) => ({ key, inputHash, toolDigest }))
  return { sessionId: cell?.sessionId, calls, decision, requestId }
}

const code = 'text(await tools.mcp__db__drop({ table: "users" }))'

test.each<[string, Era, () => readonly string[]]>([
  ['in memory, of an older client', 'legacy', () => []],
  ['in memory, of a newer client', 'modern', () => []],
  ['in a folder', 'legacy', () => ['--durable', newFolder()]],
])(
  'A call %s that cannot ask waits for the console, and the first of two decisions lets it continue',
  async (_, era, args) => {
    const { client, approvers } = await startServed(era, args())
    const [ann, bo] = approvers
    const exec = call(client, 'exec', { code })
    const allow = await decisionOf(ann, { type: 'allow' }, 'by-ann')
    const deny = await decisionOf(bo, { type: 'deny', reason: 'not today' }, 'by-bo')
    const replies = await Promise.all([ann.post('/api/decide', allow), bo.post('/api/decide', deny)])
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]))
    const isAnn = replies[0].status === 200
    const by = isAnn ? 'Ann (claimed)' : 'Bo (claimed)'
    const refused: DecideResponse = JSON.parse(replies[isAnn ? 1 : 0].text)
    expect(refused).toMatchObject({ results: [{ type: 'refused', first: { decidedBy: by } }] })
    const first = await exec
    const text = first.includes('Script running') ? await call(client, 'wait', { cell_id: '1' }) : first
    expect(text).toContain(isAnn ? 'dropped 1' : 'not today')
    await expect
      .poll(async () => (await ann.get<DecisionPage>('/api/decisions')).items)
      .toMatchObject([{ decidedBy: by, state: isAnn ? 'allowed' : 'denied' }])
  },
)

test('A call yields while it waits for the console, and a wait has its outcome after the decision', async () => {
  const { client, approvers } = await startServed('legacy', ['--max-yield', '300'])
  const [ann] = approvers
  expect(await call(client, 'exec', { code })).toContain('Script running')
  expect(await call(client, 'wait', { cell_id: '1' })).toContain('Script running')
  const reply = await ann.post('/api/decide', await decisionOf(ann, { type: 'deny', reason: 'ask me first' }, 'r'))
  expect(reply.status).toBe(200)
  expect(await call(client, 'wait', { cell_id: '1', yield_time_ms: 30_000 })).toContain('ask me first')
})
