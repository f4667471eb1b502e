import type { Experimental_ToolCallerTool, Tool, ToolSet } from 'ai'
import type { AiPackage } from './ai-package.ts'

/**
 * Declares that `exec` calls other tools, so that `experimental_toolCallers` routes them through it and hides them from the model.
 * The hook is experimental. Without it the tool works with the tools that were passed to `codeMode`.
 */
export function asToolCaller<Exec extends Tool>(
  ai: AiPackage,
  exec: Exec,
  bind: (nested: ToolSet) => Exec,
): Experimental_ToolCallerTool<Exec> {
  const hook: unknown = ai.experimental_toolCaller
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without the hook the SDK does not read the declaration
  if (typeof hook !== 'function') return exec as Experimental_ToolCallerTool<Exec>
  return ai.experimental_toolCaller(exec, { type: 'local', bind })
}

/** Returns the `experimental_toolCallers` for tools that only programs can call. */
export function callersOf<Name extends string>(tools: Readonly<Record<Name, unknown>>): Record<Name, ['exec']> {
  const entries = Object.keys(tools).map((name) => [name, ['exec']] as const)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of `tools`
  return Object.fromEntries(entries) as Record<Name, ['exec']>
}
