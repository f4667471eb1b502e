import { expect, test } from 'vitest'
import { startAuthorizationServer } from '../../../../test/fixtures/authorization-server.ts'
import { startOAuthMcpServer } from '../../../../test/fixtures/oauth-mcp-server.ts'
import { newFolder } from '../../../../test/support/folder.ts'
import { logIn } from '../../../../test/support/oauth-login.ts'
import { createSession } from '../../../index.ts'
import { connectMcpServers } from '../../../mcp.ts'
import { CredentialFile } from './store/credential-file.ts'

test('a login that ends in the middle of a program is an error of the call, which the ledger has as failed', async () => {
  await using authorization = await startAuthorizationServer()
  await using mcp = await startOAuthMcpServer(authorization)
  const [credentialsDir, storage] = [newFolder(), newFolder()]
  await logIn(mcp.entry(), credentialsDir)
  const [stored] = new CredentialFile(credentialsDir).read().values()
  await using servers = await connectMcpServers([mcp.entry()], { credentialsDir })
  const end = {
    name: 'end',
    call: async () => await authorization.revoke(stored?.tokens.accessToken ?? ''),
  }
  await using session = await createSession({ tools: [...servers.tools, end], storage })
  const outcome = await session.execute(`
    await tools.mcp__s__echo({ a: 1 })
    await tools.end()
    for (let n = 0; n < 2; n++) await tools.mcp__s__echo({ b: 2 }).catch((error) => text(error))`)
  const message = /^tool `echo` of MCP server "s" failed: the server needs a login: run `codecell login s` \(/
  expect(outcome).toMatchObject({
    type: 'completed',
    items: [
      { type: 'input_text', text: expect.stringMatching(message) },
      { type: 'input_text', text: expect.stringMatching(message) },
    ],
  })
  expect(session.ledger().map(({ state }) => state)).toEqual(['applied', 'applied', 'failed', 'failed'])
})
