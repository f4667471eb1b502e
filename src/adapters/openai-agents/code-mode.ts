import type { Agent, FunctionTool, MCPServer, RunContext, Tool as AgentTool } from '@openai/agents'
import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import type { JsonObject } from '../../protocol/json.ts'
import type { WaitInput } from '../../agent/input/wait-input.ts'
import type { Tool } from '../../tools/tool.ts'
import { checkToolsOption } from '../code-mode/check-tools-option.ts'
import { codeModeBase, type CodeModeBase } from '../code-mode/code-mode-base.ts'
import { CodeModeCore, codeModeCoreOptionNames, type CodeModeCoreOptions } from '../code-mode/code-mode-core.ts'
import { ExecCallContexts } from '../code-mode/exec-call-contexts.ts'
import type { HeldApprovals } from '../code-mode/held-approvals.ts'
import { itemsWithNotifications } from '../code-mode/append-notifications.ts'
import { objectSchema, type ObjectSchema } from '../code-mode/object-schema.ts'
import { loadAgents, type AgentsPackage } from './agents-package.ts'
import { nestedFunctionTools } from './function-tool.ts'
import { nestedMcpTools } from './mcp-tools.ts'
import type { Run, Runs } from './run-of-exec.ts'
import { structuredOutput } from './structured-output.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type CodeModeOptions = CodeModeCoreOptions & {
  /** Tools that programs can call. */
  readonly tools?: readonly Tool[]
  /** Function tools of the SDK that programs can call. Tools of other kinds are skipped. */
  readonly sdkTools?: readonly AgentTool[]
  /** Connected MCP servers of the SDK whose tools programs can call. */
  readonly mcpServers?: readonly MCPServer[]
}

type Parameters = ObjectSchema & { additionalProperties: true }

/** The SDK's type for `exec` and `wait`, without the only member that depends on the context of a run. */
export type CodeModeTool = Omit<FunctionTool<unknown, Parameters>, 'customDataExtractor'>

export interface CodeMode extends CodeModeBase {
  /** `exec` and `wait`, for the `tools` of an agent. */
  readonly tools: CodeModeTool[]
}

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  sdkTools: 'any',
  mcpServers: 'any',
}

/**
 * Creates code mode for the OpenAI Agents SDK: `exec` and `wait` over a session. Nested tools receive the context of the run, and
 * their guardrails apply. `approvals.onRequest` decides about calls that need an approval; without it the next `wait` interrupts
 * the run.
 *
 * @throws {CodecellError} PACKAGE_MISSING without the SDK, PACKAGE_UNSUPPORTED with another version, and the errors of
 * `createSession` and of MCP servers.
 * @example
 * ```ts
 * await using mode = await codeMode({ sdkTools: [weather] })
 * const agent = new Agent({ name: 'assistant', tools: mode.tools })
 * ```
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], sdkTools = [], mcpServers = [], ...coreOptions } = options
  checkToolsOption(tools, 'the OpenAI Agents SDK')
  const agents = await loadAgents()
  const runs = new ExecCallContexts<Run>()
  const nested = [
    ...nestedFunctionTools(agents, sdkTools, runs),
    ...(await nestedMcpTools(agents, mcpServers, runs)),
    ...tools,
  ]
  const onCellClosed = (cellId: string): void => {
    runs.onCellClosed(cellId)
    coreOptions.onCellClosed?.(cellId)
  }
  const core = await CodeModeCore.open(nested, { ...coreOptions, onCellClosed }, 'between-turns')
  runs.onSessionOpen(core.session)
  return { ...codeModeBase(core), tools: [execTool(agents, core, runs), waitTool(agents, core, runs)] }
}

function execTool(agents: AgentsPackage, core: CodeModeCore, runs: Runs): CodeModeTool {
  const agentOf = new AgentOfRun()
  return agents.tool({
    name: 'exec',
    description: core.describeExec(),
    strict: false,
    parameters: parametersOf(execInputSchema),
    isEnabled: agentOf.isEnabled,
    async execute(input: unknown, runContext, details) {
      const callId = details?.toolCall?.callId ?? crypto.randomUUID()
      const run = agentOf.run(runContext)
      if (run !== null) runs.add(callId, run)
      let cellId: string | null = null
      try {
        const response = await core.exec(input, callOptions(callId, details?.signal))
        cellId = response.cellId
        return structuredOutput(itemsWithNotifications(response))
      } finally {
        runs.onResponse(callId, cellId)
      }
    },
  })
}

function waitTool(agents: AgentsPackage, core: CodeModeCore, runs: Runs): CodeModeTool {
  const agentOf = new AgentOfRun()
  return agents.tool({
    name: 'wait',
    description: core.waitSpec.description,
    strict: false,
    parameters: parametersOf(core.waitSpec.parameters),
    needsApproval: (runContext, input, callId) =>
      Promise.resolve(
        callId !== undefined && mustAsk(core.approvals, runContext, core.parseWait(input).request, callId),
      ),
    isEnabled: agentOf.isEnabled,
    async execute(input: unknown, runContext, details) {
      const callId = details?.toolCall?.callId ?? ''
      const run = agentOf.run(runContext)
      const args = core.parseWait(input)
      for (const cellId of args.request?.cellIds ?? []) if (run !== null) runs.onWait(cellId, run)
      // The SDK runs a call only after its approval. A call that never requested one allows nothing.
      core.approvals?.decide(callId, { type: 'allow' })
      return structuredOutput(itemsWithNotifications(await core.wait(args, callOptions(callId, details?.signal))))
    },
  })
}

/** The agent of each run. The SDK passes it only when it checks, before each turn, whether a tool is enabled. */
class AgentOfRun {
  readonly #agents = new WeakMap<RunContext, Agent>()

  readonly isEnabled = ({ runContext, agent }: Run): boolean => {
    this.#agents.set(runContext, agent)
    return true
  }

  run(runContext: RunContext | undefined): Run | null {
    const agent = runContext === undefined ? undefined : this.#agents.get(runContext)
    return runContext === undefined || agent === undefined ? null : { runContext, agent }
  }
}

/** Returns whether the user must decide about nested calls before this `wait`. First applies the denials of earlier questions. */
function mustAsk(held: HeldApprovals | null, run: RunContext, waited: WaitInput | null, callId: string): boolean {
  if (held === null || waited === null || waited.terminate) return false
  for (const id of new Set(waited.cellIds.flatMap((cellId) => held.questions(cellId)))) {
    if (id === callId || run.isToolApproved({ toolName: 'wait', callId: id }) !== false) continue
    held.decide(id, { type: 'deny', reason: run.getRejectionMessage('wait', id) ?? '' })
  }
  return held.ask(callId, waited.cellIds).length > 0
}

function callOptions(callId: string, signal: AbortSignal | undefined): { callId: string; signal?: AbortSignal } {
  return signal === undefined ? { callId } : { callId, signal }
}

/** Converts a schema to the SDK's form for tools with optional arguments. */
function parametersOf(schema: JsonObject): Parameters {
  return { ...objectSchema(schema), additionalProperties: true }
}
