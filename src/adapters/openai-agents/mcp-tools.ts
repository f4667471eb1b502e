import type { MCPServer } from '@openai/agents'
import { isRecord } from '../../protocol/json.ts'
import type { Tool } from '../../tools/tool.ts'
import type { AgentsPackage } from './agents-package.ts'
import { guarded } from './guarded.ts'
import { functionCall, runOf, type Run, type Runs } from './run-of-exec.ts'

type McpTool = Awaited<ReturnType<MCPServer['listTools']>>[number]

/** Lists the tools of connected MCP servers of the SDK, in the namespaces `mcp__<server>`. Rejects with a server's error. */
export async function nestedMcpTools(
  agents: AgentsPackage,
  servers: readonly MCPServer[],
  runs: Runs,
): Promise<Tool[]> {
  const lists = await Promise.all(
    servers.map(async (server) => {
      const tools = await server.listTools()
      return tools
        .filter(({ name }) => isListed(server, name))
        .map((tool) => nestedMcpTool({ agents, server, runs }, tool))
    }),
  )
  return lists.flat()
}

type McpParts = { readonly agents: AgentsPackage; readonly server: MCPServer; readonly runs: Runs }

function nestedMcpTool({ agents, server, runs }: McpParts, tool: McpTool): Tool {
  const { name, description = '', inputSchema } = tool
  return {
    name,
    namespace: `mcp__${server.name}`,
    description,
    inputSchema,
    async call(input, context) {
      const run = await runOf(runs, context)
      if (!(await isAllowed(server, tool, run))) throw new TypeError(`tool \`${name}\` is not enabled now`)
      const { toolInputGuardrails: inputGuardrails, toolOutputGuardrails: outputGuardrails } = server
      return await guarded(
        { agents, inputGuardrails, outputGuardrails },
        run,
        functionCall(name, input, context),
        async () => {
          const args = isRecord(input) ? input : {}
          const { signal } = context
          if (server.callToolResult === undefined) {
            return { content: await server.callTool(name, args, null, { signal }) }
          }
          const { content, structuredContent, isError } = await server.callToolResult(name, args, null, { signal })
          // As the client of codecell does: the result of the server without its metadata.
          return { content, structuredContent, isError }
        },
      )
    },
  }
}

function isListed({ toolFilter }: MCPServer, name: string): boolean {
  if (toolFilter === undefined || typeof toolFilter === 'function') return true
  const { allowedToolNames, blockedToolNames } = toolFilter
  return allowedToolNames?.includes(name) !== false && blockedToolNames?.includes(name) !== true
}

/** Applies the filter of a server. A filter that is a function decides per run, at each call. */
async function isAllowed({ toolFilter, name: serverName }: MCPServer, tool: McpTool, run: Run): Promise<boolean> {
  return typeof toolFilter !== 'function' || (await toolFilter({ ...run, serverName }, tool))
}
