import {
  CLIENT_CAPABILITIES_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { execInputSchema } from '../agent/input/exec-arguments.ts'
import { execDescription } from '../agent/tools/exec-description.ts'
import { waitToolSpec } from '../agent/tools/wait-tool.ts'
import { packageVersion } from '../installation/package-version.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import { isRecord } from '../protocol/json.ts'
import { createCatalogue } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'
import { callOutputSchema } from './call-result.ts'
import type { ModelCall } from './client-call.ts'
import type { ClientSession } from './client-session.ts'
import { callDirectly, directTools, listedTool, programTools } from './direct-tools.ts'
import { offerResources } from './resources.ts'
import { runCall } from './run-call.ts'
import { rightsOf } from './request-rights.ts'
import type { McpServerSettings } from './server-options.ts'

const instructions =
  'Write one JavaScript program with exec instead of making many tool calls. Use wait for a program that keeps running.'

/** The current tools and the client of a request. */
export type ServerSource = {
  readonly settings: McpServerSettings
  readonly tools: () => readonly Tool[]
  /** The names of servers that have not started. */
  readonly missingServers: () => readonly string[]
  readonly client: () => ClientSession
}

/** Creates the MCP server of one connection or of one request. */
export function buildServer({ settings, tools, missingServers, client }: ServerSource): Server {
  const server = new Server(
    { name: 'codecell', version: packageVersion },
    {
      instructions,
      capabilities: { tools: { listChanged: true }, resources: {}, prompts: {} },
      // A program can need one round for each approval. The limits of cells bound them.
      inputRequired: { maxRounds: 1000 },
    },
  )
  server.setRequestHandler('tools/list', () => ({
    tools: offeredTools(settings, tools(), { missingServers: missingServers(), engine: client().engine }),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name, arguments: input } = params
    const { progressMs = 5000 } = settings
    if (name === 'exec' || name === 'wait') {
      const own = client()
      const rights = rightsOf(context)
      // Calls that this client may not decide about wait for another approver.
      await own.setCanAsk(!rights.mayDecide || canAsk(server, context))
      const call: ModelCall = name === 'exec' ? { tool: name, input } : { tool: name, args: own.parseWait(input) }
      return await own.calls.track(runCall(own, { call, progressMs }, context))
    }
    const tool = directTools(tools(), settings.passthrough === true).get(name)
    if (tool !== undefined) {
      const call = {
        name,
        tool,
        input,
        canAsk: rightsOf(context).mayDecide && canAsk(server, context),
        readOnly: settings.readOnly === true,
      }
      return await client().calls.track(callDirectly(call, context))
    }
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool ${JSON.stringify(name.slice(0, 100))}`)
  })
  offerResources(server, client)
  server.setRequestHandler('prompts/list', () => ({ prompts: [] }))
  return server
}

function offeredTools(
  settings: McpServerSettings,
  tools: readonly Tool[],
  { missingServers, engine }: { readonly missingServers: readonly string[]; readonly engine: EngineName },
): ReturnType<typeof listedTool>[] {
  const direct = directTools(tools, settings.passthrough === true)
  const waitSpec = waitToolSpec(settings.waitPolicy)
  return [
    {
      name: 'exec',
      title: 'Run a program',
      description: execDescription(createCatalogue(programTools(tools)), { engine }) + missingText(missingServers),
      inputSchema: { ...execInputSchema, type: 'object' },
      outputSchema: callOutputSchema,
    },
    {
      name: 'wait',
      title: 'Wait for a program',
      description: waitSpec.description,
      inputSchema: { ...waitSpec.parameters, type: 'object' },
      outputSchema: callOutputSchema,
    },
    ...[...direct].map(([name, tool]) => listedTool(name, tool)),
  ]
}

function missingText(servers: readonly string[]): string {
  if (servers.length === 0) return ''
  const names = servers.map((name) => JSON.stringify(name)).join(', ')
  return `\n\nThe tools of these servers are missing, because the servers did not start: ${names}.`
}

/** Returns whether the client can ask its user. Clients of the newer protocol declare it per request, older ones once. */
function canAsk(server: Server, { mcpReq }: ServerContext): boolean {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {}
  const capabilities = envelope[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities()
  const elicitation = isRecord(capabilities) ? capabilities['elicitation'] : undefined
  // An empty object means forms.
  return isRecord(elicitation) && (elicitation['form'] !== undefined || elicitation['url'] === undefined)
}
