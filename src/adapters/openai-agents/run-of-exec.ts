import type { Agent, FunctionTool, RunContext } from '@openai/agents'
import type { ToolCallContext } from '../../tools/tool.ts'
import type { ExecCallContexts } from '../code-mode/exec-call-contexts.ts'

type FunctionCall = NonNullable<NonNullable<Parameters<FunctionTool['invoke']>[2]>['toolCall']>

/** The run of a call of `exec`. Nested tools, their approvals and their guardrails receive it. */
export type Run = { readonly runContext: RunContext; readonly agent: Agent }

export type Runs = ExecCallContexts<Run>

/**
 * Returns the run of a nested call. For a cell of an earlier process, waits for a `wait`, which brings a run. Throws for a cell that
 * was started outside a run.
 */
export async function runOf(runs: Runs, context: ToolCallContext): Promise<Run> {
  const run = await runs.whenKnown(context)
  if (run === null)
    throw new TypeError('this tool requires the run of an agent, and this script was started outside a run')
  return run
}

/** Converts a nested call to the SDK's type. */
export function functionCall(name: string, input: unknown, { callId, execCallId }: ToolCallContext): FunctionCall {
  return {
    type: 'function_call',
    callId: `${execCallId ?? 'exec'}:${callId}`,
    name,
    arguments: JSON.stringify(input),
    status: 'in_progress',
  }
}
