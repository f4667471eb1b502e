import type { Agent, FunctionTool, RunContext } from '@openai/agents'
import type { ToolCallContext } from '../../tools/tool.ts'
import type { OuterCalls } from '../code-mode/exec-call-context.ts'

type FunctionCall = NonNullable<NonNullable<Parameters<FunctionTool['invoke']>[2]>['toolCall']>

/** The run that a call of `exec` belongs to: nested tools, their approvals and guardrails are given it. */
export type Run = { readonly runContext: RunContext; readonly agent: Agent }

export type Runs = OuterCalls<Run>

/** The run behind a nested call; that of a cell of an earlier process comes with a `wait`. Throws for a cell outside any run. */
export async function runOf(runs: Runs, context: ToolCallContext): Promise<Run> {
  const run = await runs.whenKnown(context)
  if (run === null) throw new TypeError('this tool needs the run of an agent, and this script was started outside one')
  return run
}

/** The nested call in the SDK's own shape. */
export function functionCall(name: string, input: unknown, { callId, execCallId }: ToolCallContext): FunctionCall {
  return {
    type: 'function_call',
    callId: `${execCallId ?? 'exec'}:${callId}`,
    name,
    arguments: JSON.stringify(input),
    status: 'in_progress',
  }
}
