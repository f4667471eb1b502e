import type { Tool } from '../../tools/tool.ts'
import type { DisabledMcpServer, InvalidMcpServer } from './config/mcp-config.ts'
import type { McpServerStatus } from './server-status.ts'

/** A server of the configuration that is never started. */
export class UnusedServer {
  readonly name: string
  readonly tools: readonly Tool[] = []
  readonly status: McpServerStatus
  readonly failure: string | null

  constructor({ type, name, reason }: InvalidMcpServer | DisabledMcpServer) {
    const common = { server: name, since: Date.now(), reason }
    this.name = name
    this.failure = type === 'invalid' ? reason : null
    this.status =
      type === 'invalid'
        ? { ...common, state: 'failed', nextAttemptAt: null, needsLogin: false }
        : { ...common, state: 'disabled' }
  }
}
