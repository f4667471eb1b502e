import { loginToMcpServer, mcpLogins, type McpLogin } from '../../mcp.ts'
import { parseCommandLine, usageError } from '../common/command-line.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { printable } from '../common/printable.ts'
import { writeLines } from '../common/write-lines.ts'
import { interruption } from '../exec/interruption.ts'
import { configuredServer } from '../login/configured-server.ts'
import { browserPrompts, devicePrompts } from '../login/login-prompts.ts'
import { loginSpec } from '../specs/login-commands.ts'
import { textTable, timestamp } from '../terminal/text-table.ts'

/** `codecell login SERVER`: logs in to an MCP server and stores its tokens. */
export async function loginCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(loginSpec, args)
  if (line.has('list')) {
    const [name] = line.args
    if (name !== undefined) throw usageError(loginSpec, `Cannot use "${name}" with --list: expected one of both`)
    await writeLines(io.stdout, listOf(await mcpLogins(), line.has('json')))
    return exitCodes.completed
  }
  if (line.has('device') && line.has('no-browser')) {
    throw usageError(loginSpec, 'Cannot use --no-browser with --device: no browser is opened anyway')
  }
  using interrupted = interruption()
  const server = await configuredServer(line, (text) => io.stderr.write(`${text}\n`))
  const timeoutMs = line.number('timeout')
  const login = await loginToMcpServer(server, {
    ...(line.has('device') ? devicePrompts(io) : browserPrompts(io, { isBrowserWanted: !line.has('no-browser') })),
    scopes: line.list('scope').flatMap((scopes) => scopes.split(/\s+/).filter((scope) => scope !== '')),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    signal: interrupted.signal,
  })
  io.stdout.write(`Logged in to MCP server "${server.name}"${printable(detailsOf(login))}\n`)
  return exitCodes.completed
}

function detailsOf({ issuer, scope, expiresAt, canRefresh }: McpLogin): string {
  const scopes = scope === null ? '' : `, scope ${scope}`
  const end = canRefresh || expiresAt === null ? '' : `, until ${timestamp(expiresAt, Date.now())}`
  return ` at ${issuer}${scopes}${end}`
}

function listOf(logins: readonly McpLogin[], isJson: boolean): readonly string[] {
  if (isJson) {
    return logins.map(({ url, issuer, clientId, scope, expiresAt, canRefresh, since }) =>
      JSON.stringify({
        url: shownUrl(url),
        issuer,
        client_id: clientId,
        scope,
        expires_at: expiresAt,
        can_refresh: canRefresh,
        since,
      }),
    )
  }
  if (logins.length === 0) return ['No logins']
  const now = Date.now()
  const rows = logins.map(({ url, issuer, scope, expiresAt, canRefresh }) => [
    shownUrl(url),
    issuer,
    scope ?? '-',
    canRefresh ? 'refreshed' : timestamp(expiresAt, now),
  ])
  return textTable([['SERVER', 'AUTHORIZATION SERVER', 'SCOPE', 'EXPIRES'], ...rows])
}

/** Returns a URL without the parts that can have secrets. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
