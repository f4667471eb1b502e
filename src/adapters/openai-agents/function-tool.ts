import type { FunctionTool, Tool as AgentTool } from '@openai/agents'
import type { Tool } from '../../tools/tool.ts'
import type { AgentsPackage } from './agents-package.ts'
import { guarded } from './guarded.ts'
import { functionCall, runOf, type Runs } from './run-of-exec.ts'

/** The SDK's result of a tool that throws. In a program such a call rejects. */
const failedText = 'An error occurred while running the tool. Please try again.'

/** Converts the function tools. A program cannot call hosted tools, the shell or the computer. */
export function nestedFunctionTools(agents: AgentsPackage, tools: readonly AgentTool[], runs: Runs): Tool[] {
  return tools.flatMap((tool) => (tool.type === 'function' ? [nestedFunctionTool(agents, tool, runs)] : []))
}

function nestedFunctionTool(agents: AgentsPackage, tool: FunctionTool, runs: Runs): Tool {
  const { name, description, parameters, outputSchema, deferLoading = false, allowedCallers } = tool
  const isForPrograms = allowedCallers === undefined || allowedCallers.includes('programmatic')
  return {
    name,
    description,
    inputSchema: parameters,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    deferred: deferLoading,
    allowedCallers: isForPrograms ? ['code'] : ['direct'],
    async needsApproval(input, context) {
      if (await runs.wasAsked(context)) return 'ask'
      const { runContext } = await runOf(runs, context)
      // The type of a tool does not have the type of its input, which the tool checks itself.
      const {
        needsApproval,
      }: { needsApproval: (context: typeof runContext, input: never, id: string) => Promise<boolean> } = tool
      const { callId } = functionCall(name, input, context)
      const isAsked: unknown = await Reflect.apply(needsApproval, tool, [runContext, input, callId])
      return isAsked === false ? 'allow' : 'ask'
    },
    async call(input, context) {
      const run = await runOf(runs, context)
      const { runContext, agent } = run
      if (!(await tool.isEnabled(runContext, agent))) throw new TypeError(`tool \`${name}\` is not enabled now`)
      const toolCall = functionCall(name, input, context)
      const { inputGuardrails, outputGuardrails } = tool
      return await guarded({ agents, inputGuardrails, outputGuardrails }, run, toolCall, async () => {
        const details = { toolCall, signal: context.signal }
        const result = await agents.invokeFunctionTool({ tool, runContext, input: toolCall.arguments, details })
        if (result === failedText) throw new TypeError(failedText)
        return result
      })
    },
  }
}
