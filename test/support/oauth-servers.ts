import { afterAll, beforeAll } from 'vitest'
import { CredentialFile } from '../../src/adapters/mcp/auth/store/credential-file.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from '../fixtures/authorization-server.ts'
import { startOAuthMcpServer, type OAuthMcpServer } from '../fixtures/oauth-mcp-server.ts'

/** An authorization server, and an MCP server that demands its tokens. */
export interface OAuthServers {
  readonly authorization: AuthorizationServer
  readonly mcp: OAuthMcpServer
}

/** Starts the servers before the tests of a file, and ends them after these. */
export function oauthServers(options: AuthorizationServerOptions = {}): OAuthServers {
  let started: OAuthServers | null = null
  const servers = (): OAuthServers => {
    if (started === null) throw new Error('the servers start before the first test')
    return started
  }
  beforeAll(async () => {
    const authorization = await startAuthorizationServer(options)
    started = { authorization, mcp: await startOAuthMcpServer(authorization) }
  })
  afterAll(async () => {
    await started?.mcp[Symbol.asyncDispose]()
    await started?.authorization[Symbol.asyncDispose]()
  })
  return {
    get authorization() {
      return servers().authorization
    },
    get mcp() {
      return servers().mcp
    },
  }
}

/** Returns the tokens of all logins in a folder. */
export function storedSecrets(credentialsDir: string): string[] {
  return [...new CredentialFile(credentialsDir).read().values()].flatMap(({ tokens }) => [
    tokens.accessToken,
    tokens.refreshToken ?? '',
  ])
}
