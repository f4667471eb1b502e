import { logoutFromMcpServer } from '../../mcp.ts'
import { parseCommandLine } from '../common/command-line.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { configuredServer } from '../login/configured-server.ts'
import { logoutSpec } from '../specs/login-commands.ts'

/** `codecell logout SERVER`: removes the login to an MCP server. */
export async function logoutCommand(args: readonly string[], { stdout, stderr }: Io): Promise<number> {
  const line = parseCommandLine(logoutSpec, args)
  const server = await configuredServer(line, (text) => stderr.write(`${text}\n`))
  const { wasLoggedIn, isRevoked } = await logoutFromMcpServer(server)
  const name = `MCP server "${server.name}"`
  if (!wasLoggedIn) stdout.write(`Not logged in to ${name}\n`)
  else if (isRevoked) stdout.write(`Logged out of ${name}, and its tokens are revoked\n`)
  else
    stdout.write(
      `Logged out of ${name}; the authorization server did not revoke its tokens, which can be valid for a while\n`,
    )
  return exitCodes.completed
}
