import type { Agent, FunctionTool, MCPServer, RunContext, Tool as AgentTool } from '@openai/agents'
import { execInputSchema } from '../../agent/input/exec-arguments.ts'
import type { JsonObject } from '../../protocol/json.ts'
import type { WaitInput } from '../../agent/input/wait-input.ts'
import type { ApprovalBatch, ApprovalDecision } from '../../session/api/approval.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { Tool } from '../../tools/tool.ts'
import { CodeModeCore, codeModeCoreOptionNames, type CodeModeCoreOptions } from '../code-mode/code-mode-core.ts'
import type { HeldApprovals } from '../code-mode/held-approvals.ts'
import { itemsWithNotes } from '../code-mode/append-notes.ts'
import { objectSchema, type ObjectSchema } from '../code-mode/object-schema.ts'
import { OuterCalls } from '../code-mode/exec-call-context.ts'
import { loadAgents, type AgentsPackage } from './agents-package.ts'
import { nestedFunctionTools } from './function-tool.ts'
import { nestedMcpTools } from './mcp-tools.ts'
import type { Run } from './run-of-exec.ts'
import { structuredOutput } from './structured-output.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

export type CodeModeOptions = CodeModeCoreOptions & {
  /** Function tools of the SDK that programs can call; tools of other kinds are left out. */
  readonly tools?: readonly AgentTool[]
  /** Connected MCP servers of the SDK whose tools programs can call. */
  readonly mcpServers?: readonly MCPServer[]
  /** Tools in codecell's own shape. */
  readonly codecellTools?: readonly Tool[]
}

type Parameters = ObjectSchema & { additionalProperties: true }

/** `exec` or `wait` as the SDK takes it, whatever context its runs have: the one member that depends on it is not used. */
export type CodeModeTool = Omit<FunctionTool<unknown, Parameters>, 'customDataExtractor'>

export interface CodeMode extends AsyncDisposable {
  readonly session: Session
  /** `exec` and `wait`, for the `tools` of an agent. */
  readonly tools: CodeModeTool[]
  /** Nested calls that wait for a person now, with the program that made them; of one cell, or of all. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about calls by their keys: for more than one call, for the session, or for a part of what waits. Throws
   * `APPROVAL_NOT_PENDING` for one that does not wait any more.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): void
  /** Terminates all cells and lets go of the hosts. */
  close(): Promise<void>
}

const optionNames: OptionNames<CodeModeOptions> = {
  ...codeModeCoreOptionNames,
  tools: 'any',
  mcpServers: 'any',
  codecellTools: 'any',
}

/**
 * Code mode for the OpenAI Agents SDK: `exec` and `wait` over a session. Nested tools are given the run's context, and their
 * guardrails hold. Tools that need an approval are decided by `approvals.onRequest`, or without it as the interruption of the
 * next `wait`. Throws what `createSession` throws and what an MCP server answers,
 * `PACKAGE_MISSING` without the SDK, and `PACKAGE_UNSUPPORTED` with another version of it.
 */
export async function codeMode(options: CodeModeOptions = {}): Promise<CodeMode> {
  checkOptions('codeMode', options, optionNames, outsideSession)
  const { tools = [], mcpServers = [], codecellTools = [], ...coreOptions } = options
  const agents = await loadAgents()
  const runs = new OuterCalls<Run>()
  const nested = [
    ...nestedFunctionTools(agents, tools, runs),
    ...(await nestedMcpTools(agents, mcpServers, runs)),
    ...codecellTools,
  ]
  const onCellClosed = (cellId: string): void => {
    runs.cellClosed(cellId)
    coreOptions.onCellClosed?.(cellId)
  }
  const core = await CodeModeCore.open(nested, { ...coreOptions, onCellClosed }, 'between-turns')
  runs.opened(core.session)
  return {
    session: core.session,
    tools: [execTool(agents, core, runs), waitTool(agents, core, runs)],
    pendingApprovals: (cellId) => core.session.pendingApprovals(cellId),
    decide: (key, decision) => core.session.decide(key, decision),
    close: async () => await core[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: async () => await core[Symbol.asyncDispose](),
  }
}

function execTool(agents: AgentsPackage, core: CodeModeCore, runs: OuterCalls<Run>): CodeModeTool {
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
      if (run !== null) runs.begin(callId, run)
      let cellId: string | null = null
      try {
        const answer = await core.exec(input, callOptions(callId, details?.signal))
        cellId = answer.cellId
        return structuredOutput(itemsWithNotes(answer))
      } finally {
        runs.answered(callId, cellId)
      }
    },
  })
}

function waitTool(agents: AgentsPackage, core: CodeModeCore, runs: OuterCalls<Run>): CodeModeTool {
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
      for (const cellId of args.request?.cellIds ?? []) if (run !== null) runs.waiting(cellId, run)
      // The SDK runs a call that it asked about only when somebody said yes; one it never asked about allows nothing.
      core.approvals?.answer(callId, { type: 'allow' })
      return structuredOutput(itemsWithNotes(await core.wait(args, callOptions(callId, details?.signal))))
    },
  })
}

/** The SDK says which agent runs only when it asks, before each turn, whether a tool is enabled. */
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
    held.answer(id, { type: 'deny', reason: run.getRejectionMessage('wait', id) ?? '' })
  }
  return held.ask(callId, waited.cellIds).length > 0
}

function callOptions(callId: string, signal: AbortSignal | undefined): { callId: string; signal?: AbortSignal } {
  return signal === undefined ? { callId } : { callId, signal }
}

/** The schema in the form that the SDK asks for where a model may leave out what is optional. */
function parametersOf(schema: JsonObject): Parameters {
  return { ...objectSchema(schema), additionalProperties: true }
}
