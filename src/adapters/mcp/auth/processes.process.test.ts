import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startAuthorizationServer, type AuthorizationServer } from '../../../../test/fixtures/authorization-server.ts'
import { startOAuthMcpServer, type OAuthMcpServer } from '../../../../test/fixtures/oauth-mcp-server.ts'
import { childEnv } from '../../../../test/support/cli.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { CredentialFile } from './store/credential-file.ts'

const client = fileURLToPath(new URL('../../../../test/fixtures/oauth-client.ts', import.meta.url))

let authorization: AuthorizationServer
let mcp: OAuthMcpServer
let folder = ''
beforeAll(async () => {
  authorization = await startAuthorizationServer()
  mcp = await startOAuthMcpServer(authorization)
})
afterAll(async () => {
  await mcp[Symbol.asyncDispose]()
  await authorization[Symbol.asyncDispose]()
})
beforeEach(() => {
  folder = newFolder()
})

const secrets = (credentialsDir: string): string[] =>
  [...new CredentialFile(credentialsDir).read().values()].flatMap(({ tokens }) => [
    tokens.accessToken,
    tokens.refreshToken ?? '',
  ])

type Client = ChildProcessByStdio<Writable, Readable, null>

/** Starts a process that has connected to the server, and waits for a line. */
async function startClient(): Promise<{ child: Client; lines: Readable }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', client, mcp.url, folder], {
    env: childEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = child.stdout.setEncoding('utf8')
  expect(await once(lines, 'data')).toEqual(['ready []\n'])
  return { child, lines }
}

test('two processes that refresh at once use the refresh token once', async () => {
  await logIn(mcp.entry(), folder)
  const clients = await Promise.all([startClient(), startClient()])
  const [token = ''] = secrets(folder)
  await authorization.endToken(token)
  authorization.requests.length = 0
  mcp.tokens.length = 0
  // The refresh ends after both processes have been refused.
  authorization.gate = expect.poll(() => mcp.tokens).toEqual([token, token])
  const results = clients.map(async ({ child, lines }) => {
    const result = once(lines, 'data')
    child.stdin.write('call\n')
    return String(await result)
  })
  const echoed = '{"content":[{"type":"text","text":"{\\"a\\":1}"}]}\n'
  expect(await Promise.all(results)).toEqual([echoed, echoed])
  expect(authorization.requests.length).toBe(1)
})
