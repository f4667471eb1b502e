import { createConsoleSessions, serveConsole, type ConsoleSessions } from '../../../console.ts'
import type { HostPool } from '../../../index.ts'
import type { JwtOptions } from '../../../mcp-server.ts'
import type { CommandLine } from '../../common/command-line.ts'
import type { SessionLocation } from '../../common/session-location.ts'
import { newToken, type Tokens } from '../../common/tokens.ts'
import { failuresOf, type ToolSource } from '../../tool-source/tool-source.ts'
import { consoleTokensOf, portOf } from '../../common/console-flags.ts'

/** Returns the sessions of the clients for a console; null without the flag. */
export function watchedBy(line: CommandLine): ConsoleSessions | null {
  return line.has('console') ? createConsoleSessions() : null
}

/** The console of a server. `shownUrl` has a token that was generated for this run. */
interface ServedPage extends AsyncDisposable {
  readonly shownUrl: string
}

type ServedConsole = {
  readonly sessions: ConsoleSessions | null
  readonly location: SessionLocation | null
  readonly jwt: JwtOptions | null
  readonly tokens: Tokens | null
  readonly source: ToolSource
  readonly hosts: HostPool
  readonly log: (text: string) => void
}

/** Serves the console of a server on its own port; null without the flag `--console`. */
export async function serveConsoleOf(
  line: CommandLine,
  { sessions, location, jwt, tokens, source, hosts, log }: ServedConsole,
): Promise<ServedPage | null> {
  if (sessions === null) return null
  // A generated token of the server is for clients, so that the console gets one of its own.
  const own =
    jwt !== null ? [] : tokens === null || tokens.isNew || tokens.tokens.length === 0 ? [newToken()] : tokens.tokens
  const [traces, port] = [line.text('trace'), portOf(line, 'console')]
  const server = await serveConsole({
    ...location?.options,
    sessions,
    tokens: consoleTokensOf(own),
    ...(jwt === null ? {} : { jwt }),
    ...(port === undefined ? {} : { port }),
    ...addressOf(line),
    tools: () => source.tools,
    toolFailures: () => failuresOf(source),
    runOptions: { hosts },
    ...(traces === undefined ? {} : { traces }),
    onError: (error) => log(error.message),
  })
  const isNew = jwt === null && own !== tokens?.tokens
  return {
    shownUrl: isNew ? server.loginUrl(own.join('')) : server.url,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** The console listens on the address of the server. */
function addressOf(line: CommandLine): { readonly address?: string; readonly hosts?: readonly string[] } {
  const address = line.text('http-address')
  const hosts = line.list('http-host').flatMap((list) => list.split(',').map((host) => host.trim()))
  return { ...(address === undefined ? {} : { address }), hosts }
}
