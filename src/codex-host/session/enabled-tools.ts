import type { Catalogue } from '../../tools/catalogue.ts'
import { DescribedTool } from '../../tools/catalogue-entry.ts'
import { normalizeName } from '../../tools/names.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'

export type ToolKind = 'function' | 'freeform'

export type ToolName = { readonly name: string; readonly namespace: string | null }

/** A nested tool as an agent describes it with every execute: the agent names, describes and validates it. */
export type EnabledTool = {
  readonly name: string
  readonly toolName: ToolName
  readonly description: string
  readonly kind: ToolKind
}

/** A nested call that is sent to the agent. */
export type Invocation = {
  readonly cellId: string
  readonly runtimeToolCallId: string
  readonly toolName: ToolName
  readonly toolKind: ToolKind
  /** Undefined when the program passed nothing. */
  readonly input: unknown
}

type Invoke = (invocation: Invocation, options: { readonly signal: AbortSignal }) => Promise<unknown>

/**
 * Returns the tools of one execute as a catalogue. As in the reference, nothing is rendered, and names only become
 * identifiers: tools with the same identifier are all listed, and the last one is called.
 */
export function catalogueOf(tools: readonly EnabledTool[], invoke: Invoke): Catalogue {
  const entries = tools.map((enabled) => ({
    identifier: normalizeName(enabled.name),
    description: enabled.description,
    tool: toolOf(enabled, invoke),
  }))
  const byIdentifier = new Map(entries.map(({ identifier, tool }) => [identifier, tool]))
  return {
    entries: entries.map(({ identifier, tool }) => new DescribedTool(identifier, tool)),
    // The agent writes the descriptions for its model.
    direct: [],
    sections: [],
    deferred: [],
    search: () => [],
    find: (identifier) => byIdentifier.get(identifier),
    json: JSON.stringify(entries.map(({ identifier, description }) => ({ name: identifier, description }))),
  }
}

function toolOf({ toolName, kind }: EnabledTool, invoke: Invoke): Tool {
  return {
    ...toolName,
    kind,
    // The agent validates inputs.
    takesAnyInput: true,
    call: (input: unknown, { cellId, callId, signal }: ToolCallContext) =>
      invoke({ cellId, runtimeToolCallId: callId, toolName, toolKind: kind, input }, { signal }),
  }
}
