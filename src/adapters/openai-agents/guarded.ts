import type { ToolInputGuardrailDefinition, ToolOutputGuardrailDefinition } from '@openai/agents'
import type { AgentsPackage } from './agents-package.ts'
import type { functionCall, Run } from './run-of-exec.ts'

type Guards = {
  readonly agents: AgentsPackage
  readonly inputGuardrails?: ToolInputGuardrailDefinition[] | undefined
  readonly outputGuardrails?: ToolOutputGuardrailDefinition[] | undefined
}

/** Makes a nested call between the guardrails of its tool, as the runner of the SDK does for calls of the model. */
export async function guarded(
  { agents, inputGuardrails = [], outputGuardrails = [] }: Guards,
  { runContext: context, agent }: Run,
  toolCall: ReturnType<typeof functionCall>,
  call: () => Promise<unknown>,
): Promise<unknown> {
  const verdict = await agents.runToolInputGuardrails({ guardrails: inputGuardrails, context, agent, toolCall })
  if (verdict.type === 'reject') throw new TypeError(verdict.message)
  const toolOutput = await call()
  return await agents.runToolOutputGuardrails({ guardrails: outputGuardrails, context, agent, toolCall, toolOutput })
}
