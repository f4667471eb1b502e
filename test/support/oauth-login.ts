import type { HttpServerConfig } from '../../src/adapters/mcp/config/server-config.ts'
import { loginToMcpServer, type McpLogin, type McpLoginOptions } from '../../src/mcp.ts'
import { ScriptedBrowser } from './scripted-browser.ts'

/** Logs in with a scripted browser, whose user approves. */
export async function logIn(
  server: HttpServerConfig,
  credentialsDir: string,
  more: Partial<McpLoginOptions> = {},
): Promise<McpLogin> {
  const browsers: Promise<unknown>[] = []
  const login = await loginToMcpServer(server, {
    credentialsDir,
    onUrl: (url) => void browsers.push(new ScriptedBrowser().open(url)),
    ...more,
  })
  await Promise.all(browsers)
  return login
}
