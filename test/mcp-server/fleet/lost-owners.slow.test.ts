import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSession, readSessions, type Session } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { call, startNode } from './fleet.ts'

/** An owner of the session of the first token that is not a server of the fleet: it treats requests as `respond` does. */
type Owner = { readonly url: string; readonly requests: readonly string[]; readonly session: Session }

async function startOwner(respond: (request: IncomingMessage, response: ServerResponse) => void): Promise<Owner> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(String(request.headers['mcp-name']))
    respond(request.resume(), response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => server.close().closeAllConnections())
  const address = server.address()
  return await own(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, requests)
}

/** Opens the session of a client in a process with this address, and starts a server that forwards requests to it. */
async function own(address: string, requests: readonly string[]): Promise<Owner> {
  const path = join(newFolder(), 'store.db')
  const first = await startNode({ path })
  await call(first.url, 'exec', { code: 'text(1)' })
  await first[Symbol.asyncDispose]()
  const store = sqliteStore(path, { address })
  onTestFinished(() => store[Symbol.asyncDispose]())
  const [stored] = await readSessions({ store })
  const session = await createSession({ store, sessionId: stored?.id ?? '', hosts: sharedHosts('in-process') })
  onTestFinished(() => session.close())
  return { url: (await startNode({ path })).url, requests, session }
}

async function replyOf(response: Response): Promise<readonly unknown[]> {
  return [response.status, response.headers.get('retry-after'), await response.text()]
}

const notAvailable = [503, '1', 'The session is not available now']

test('a live owner that cannot be reached is not robbed: the request fails with 503', async () => {
  const { url, session } = await own('http://127.0.0.1:1', [])
  expect(await replyOf(await call(url, 'exec', { code: 'text(2)' }))).toEqual(notAvailable)
  expect(await session.execute('text(3)')).toMatchObject({ type: 'completed' })
})

test('a request is served here as soon as an owner that cannot be reached closes the session', async () => {
  const { url, session } = await own('http://127.0.0.1:1', [])
  const response = call(url, 'exec', { code: 'text("here")' })
  await session.close()
  expect(await (await response).text()).toContain('here')
})

test('an exec that its owner cuts off fails with 502 and is sent once', async () => {
  const { url, requests } = await startOwner((request) => request.socket.destroy())
  expect((await call(url, 'exec', { code: 'text(2)' })).status).toBe(502)
  expect(requests).toEqual(['exec'])
})

test('a wait that its owner cuts off is sent again, and continues at the next owner', async () => {
  const owner = await startOwner((request) => {
    request.socket.destroy()
    void owner.session.close()
  })
  const response = await call(owner.url, 'wait', { cell_id: '9' })
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('9')])
  expect(owner.requests).toContain('wait')
})

test('a request that four owners in a row refuse fails with 503', async () => {
  const { url, requests } = await startOwner((_request, response) => void response.writeHead(421).end())
  expect(await replyOf(await call(url, 'exec', { code: 'text(2)' }))).toEqual(notAvailable)
  expect(requests).toHaveLength(4)
})
