import { onTestFinished } from 'vitest'
import { serveConsole, type ConsoleServer, type ServeConsoleOptions } from '../../src/console.ts'
import type { JwtOptions } from '../../src/mcp-server.ts'
import { audience, Issuer } from '../mcp-server/fleet/issuer.ts'

/** A console with the tokens of an issuer. */
export type JwtConsole = { readonly server: ConsoleServer; readonly issuer: Issuer }

export async function startJwtConsole(
  options: Omit<ServeConsoleOptions, 'tokens' | 'jwt'>,
  jwt: Partial<JwtOptions> = {},
): Promise<JwtConsole> {
  const issuer = await Issuer.start()
  const server = await serveConsole({ ...options, tokens: [], jwt: { issuer: issuer.url, audience, ...jwt } })
  onTestFinished(async () => await server[Symbol.asyncDispose]())
  return { server, issuer }
}
