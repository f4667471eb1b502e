import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import type { CellPage, Me, SessionPage } from '../../src/console/api.ts'
import { createSession } from '../../src/index.ts'
import { negotiation } from '../mcp-server/served.ts'
import { startCli, type CliRun } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { send } from './console-client.ts'

type Console = {
  readonly me: unknown
  readonly get: <Json>(path: string) => Promise<Json>
  readonly post: (path: string, body: object) => Promise<number>
}

/** Logs in as the page does: with the token in the fragment of the printed address. */
async function logIn(run: CliRun, prefix: string, by: string): Promise<Console> {
  const [, url = '', token = ''] =
    new RegExp(`${prefix}(http://\\S+/)#token=(\\S+)`).exec(await run.said('#token=')) ?? []
  const server = { url, loginUrl: () => url, [Symbol.asyncDispose]: async () => undefined }
  const headers = { 'x-codecell-console': '1', 'content-type': 'application/json' }
  const login = await send(server, '/api/login', { method: 'POST', headers, body: { token, name: by } })
  const cookie = login.headers['set-cookie']?.join('').split(';', 1).join('') ?? ''
  return {
    me: login.json,
    get: async (path) => JSON.parse((await send(server, path, { headers: { cookie } })).text),
    post: async (path, body) =>
      (await send(server, path, { method: 'POST', body, headers: { ...headers, cookie } })).status,
  }
}

test('codecell console shows the sessions of a folder until a signal', async () => {
  const storage = newFolder()
  {
    await using session = await createSession({ storage, sessionId: 'invoices' })
    await session.execute('text(1)')
  }
  const run = startCli(['console', '--durable', storage])
  const page = await logIn(run, '', 'Ann\n')
  const me: Partial<Me> = { name: 'Ann', isClaimed: true, scopes: ['read', 'approve'], source: storage }
  expect(page.me).toMatchObject(me)
  expect((await page.get<SessionPage>('/api/sessions')).items).toMatchObject([{ id: 'invoices', owner: null }])
  expect(await page.post('/api/revert', { sessionId: 'invoices', cellId: '1' })).toBe(409)
  run.child.kill('SIGTERM')
  expect((await run.result).code).toBe(0)
})

test('The console of codecell serve shows a session in its memory, and terminates its cell', async () => {
  const run = startCli(['serve', '--http', '--no-token', '--console'])
  const page = await logIn(run, 'Console ', 'Ann')
  const [, url = ''] = /Serving (\S+)/.exec(await run.said('/mcp\n')) ?? []
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation('legacy') })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  const code = 'yield_control(); await new Promise(() => {})'
  await client.callTool({ name: 'exec', arguments: { code } })
  const cells = async (): Promise<CellPage['items']> => (await page.get<CellPage>('/api/cells')).items
  await expect.poll(cells).toMatchObject([{ cellId: '1', status: 'running', title: code }])
  const [cell] = await cells()
  expect(await page.post('/api/terminate', { sessionId: cell?.sessionId, cellId: '1' })).toBe(200)
  await expect.poll(cells).toMatchObject([{ status: 'terminated' }])
  await client.close()
  run.child.kill('SIGTERM')
  expect((await run.result).code).toBe(0)
})
