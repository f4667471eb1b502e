import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { childEnv } from '../../../../test/support/cli.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { oauthServers, storedSecrets } from '../../../../test/support/oauth-servers.ts'

const client = fileURLToPath(new URL('../../../../test/fixtures/oauth-client.ts', import.meta.url))

const fixtures = oauthServers()
let folder = ''
beforeEach(() => {
  folder = newFolder()
})

type Client = ChildProcessByStdio<Writable, Readable, null>

/** Starts a process that has connected to the server, and waits for a line. */
async function startClient(): Promise<{ child: Client; lines: Readable }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', client, fixtures.mcp.url, folder], {
    env: childEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = child.stdout.setEncoding('utf8')
  expect(await once(lines, 'data')).toEqual(['ready []\n'])
  return { child, lines }
}

test('two processes that refresh at once use the refresh token once', async () => {
  await logIn(fixtures.mcp.entry(), folder)
  const clients = await Promise.all([startClient(), startClient()])
  const [token = ''] = storedSecrets(folder)
  await fixtures.authorization.endToken(token)
  fixtures.authorization.requests.length = 0
  fixtures.mcp.tokens.length = 0
  // The refresh ends after both processes have been refused.
  fixtures.authorization.gate = expect.poll(() => fixtures.mcp.tokens).toEqual([token, token])
  const results = clients.map(async ({ child, lines }) => {
    const result = once(lines, 'data')
    child.stdin.write('call\n')
    return String(await result)
  })
  const echoed = '{"content":[{"type":"text","text":"{\\"a\\":1}"}]}\n'
  expect(await Promise.all(results)).toEqual([echoed, echoed])
  expect(fixtures.authorization.requests.length).toBe(1)
})
