import { messageOf } from '../../../errors.ts'
import { connectMcpServers, loadMcpConfig, type LoadedMcpServer, type McpServerStatus } from '../../../mcp.ts'
import type { Finding } from './doctor-finding.ts'

/** Returns the state of each server of a configuration file, with the next step for one that does not start. */
export async function serverFindings(config: string): Promise<readonly Finding[]> {
  try {
    const notes: Finding[] = []
    const onWarning = (advice: string) => (text: string) =>
      void notes.push({ check: 'mcp_servers', state: 'note', text, advice })
    const configs = await loadMcpConfig(config, { onWarning: onWarning('Correct or remove the key') })
    const options = { retryStarts: false, onWarning: onWarning('Correct the entry, or report it to the author') }
    await using servers = await connectMcpServers(configs, options)
    // Both lists are in the order of the configuration.
    const findings = servers.status.flatMap((status, index) => {
      const server = configs[index]
      return server === undefined ? [] : [findingOf(status, server)]
    })
    return [...notes, ...findings]
  } catch (error) {
    return [{ check: 'mcp_servers', state: 'broken', text: messageOf(error), advice: 'Fix the configuration file' }]
  }
}

function findingOf(status: McpServerStatus, server: LoadedMcpServer): Finding {
  const name = `MCP server "${status.server}"`
  const finding = (state: Finding['state'], text: string, advice: string | null = null): Finding => ({
    check: 'mcp_servers',
    state,
    text: `${name} ${text}`,
    advice,
  })
  switch (status.state) {
    case 'ready':
      return finding('ok', `starts and has ${status.tools} tools (${status.startMs} ms)`)
    case 'disabled':
      return finding('ok', `is disabled: ${status.reason}`)
    case 'failed':
      return finding(
        'broken',
        `does not start: ${status.reason}`,
        (status.needsLogin ? loginCommandIn(status.reason) : null) ?? adviceFor(status.reason, server),
      )
    case 'lost':
    case 'restarting':
      return finding('broken', `starts and ends: ${status.reason}`, adviceFor(status.reason, server))
    case 'starting':
    case 'closed':
      return finding('broken', `is ${status.state}`)
    default:
      return status satisfies never
  }
}

/** Returns the command that logs in, with the scopes that the server demands. */
function loginCommandIn(reason: string): string | null {
  return /`(codecell login [^`]+)`/.exec(reason)?.[1] ?? null
}

function adviceFor(reason: string, server: LoadedMcpServer): string {
  switch (server.type) {
    case 'invalid':
    case 'disabled':
      return 'Fix its entry in the configuration file'
    case 'stdio':
      return /\bENOENT\b/.test(reason) ? 'Install its command, or write the full path' : 'Run its command by hand'
    case 'http':
    case 'sse':
      return /^HTTP 40[13]\b/.test(reason)
        ? 'Check its credentials'
        : 'Check its URL, and whether the server is running'
    default:
      return server satisfies never
  }
}
