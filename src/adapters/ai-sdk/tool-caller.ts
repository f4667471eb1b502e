import type { Experimental_ToolCallerTool, Tool, ToolSet } from 'ai'
import type { AiPackage } from './ai-package.ts'

/**
 * Declares that `exec` calls other tools, so that `experimental_toolCallers` routes them through it and hides them from
 * the model. This is the only place that knows the hook: it is experimental, and where it is missing the tool works all
 * the same, over the tools that were given beforehand.
 */
export function asToolCaller<EXEC extends Tool>(
  ai: AiPackage,
  exec: EXEC,
  bind: (nested: ToolSet) => EXEC,
): Experimental_ToolCallerTool<EXEC> {
  const hook: unknown = ai.experimental_toolCaller
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without the hook nobody looks for the declaration
  if (typeof hook !== 'function') return exec as Experimental_ToolCallerTool<EXEC>
  return ai.experimental_toolCaller(exec, { type: 'local', bind })
}

/** `experimental_toolCallers` for tools that only programs may call. */
export function callersOf<NAME extends string>(tools: Readonly<Record<NAME, unknown>>): Record<NAME, ['exec']> {
  const entries = Object.keys(tools).map((name) => [name, ['exec']] as const)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of `tools`
  return Object.fromEntries(entries) as Record<NAME, ['exec']>
}
