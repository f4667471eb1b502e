/**
 * The names that spans of cells and calls have, live and exported. They are those of OpenTelemetry's conventions for generative
 * AI and MCP, which are still in development; what those lack begins with `codecell.`.
 */

export type TelemetryValue = string | number | boolean
export type TelemetryAttributes = Readonly<Record<string, TelemetryValue>>

/** A span without its ids and times. */
export type TelemetrySpan = { readonly name: string; readonly attributes: TelemetryAttributes }

/** The name of the instrumentation. */
export const telemetryScope = 'codecell'

/** Something that happens while a cell runs. */
export const telemetryEvents = {
  yield: 'codecell.yield',
  wait: 'codecell.wait',
  notification: 'codecell.notification',
  approval: 'codecell.approval',
  eviction: 'codecell.evicted',
  revival: 'codecell.revived',
  revert: 'codecell.revert',
} as const

/** Texts that go into an attribute, cut there: backends drop what is longer, or the whole span. */
const longestContent = 32_768
const longestName = 200

type Call = {
  readonly conversation: string | null
  readonly cell: string | null
  readonly call: string | null
}

/** The span of a cell: the model's call of `exec`, which lasts until the cell has ended. */
export function cellSpan(call: Call): TelemetrySpan {
  return toolSpan('exec', call, call.call)
}

/** The span of a call of a tool of the model, `wait` included. */
export function modelCallSpan(name: string, call: Call): TelemetrySpan {
  return toolSpan(name, call, call.call)
}

/** The span of a nested tool call. With the server of an MCP tool it is the span of `tools/call` as well. */
export function nestedCallSpan(name: string, call: Call & { readonly server: string | null }): TelemetrySpan {
  const id = call.cell === null ? call.call : `${call.cell}#${(call.call ?? '').replace(/^tool-/, '')}`
  const { attributes, ...span } = toolSpan(name, call, id)
  if (call.server === null) return { ...span, attributes }
  return {
    ...span,
    attributes: { ...attributes, 'mcp.method.name': 'tools/call', 'codecell.mcp.server': cut(call.server) },
  }
}

function toolSpan(tool: string, { conversation, cell }: Call, id: string | null): TelemetrySpan {
  return {
    name: `execute_tool ${cut(tool)}`,
    attributes: present({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': cut(tool),
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': id,
      'gen_ai.conversation.id': conversation,
      'codecell.cell.id': cell,
    }),
  }
}

/** The span of a request to a model. */
export function modelSpan(request: {
  readonly model: string
  readonly provider: string | null
  readonly conversation: string | null
  readonly responseId: string | null
  readonly usage: {
    readonly input_tokens: number
    readonly cached_input_tokens: number
    readonly output_tokens: number
  } | null
}): TelemetrySpan {
  const { model, provider, conversation, responseId, usage } = request
  return {
    name: `chat ${cut(model)}`,
    attributes: present({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': cut(model),
      'gen_ai.conversation.id': conversation,
      'gen_ai.response.id': responseId,
      'gen_ai.usage.input_tokens': usage?.input_tokens ?? null,
      'gen_ai.usage.cache_read.input_tokens': usage?.cached_input_tokens ?? null,
      'gen_ai.usage.output_tokens': usage?.output_tokens ?? null,
    }),
  }
}

/** The span of a turn of an agent. */
export function turnSpan(agent: string, { conversation }: { readonly conversation: string }): TelemetrySpan {
  return {
    name: `invoke_agent ${cut(agent)}`,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': cut(agent),
      'gen_ai.conversation.id': conversation,
    },
  }
}

/** How a cell or call ended: `error` is the convention's `error.type`, null where nothing went wrong. */
export function telemetryEnd(
  type: 'script' | 'tool',
  status: string,
): {
  readonly error: string | null
  readonly attributes: TelemetryAttributes
} {
  const error = status === 'failed' ? `${type}_error` : null
  return { error, attributes: present({ 'codecell.status': status, 'error.type': error }) }
}

/** Arguments and results, for those who ask for them: they hold what tools and programs said, secrets included. */
export function contentAttributes({
  input = null,
  output = null,
}: {
  readonly input?: string | null
  readonly output?: string | null
}): TelemetryAttributes {
  return present({
    'gen_ai.tool.call.arguments': input === null ? null : cut(input, longestContent),
    'gen_ai.tool.call.result': output === null ? null : cut(output, longestContent),
  })
}

/** The attributes of an event of a cell. */
export function eventAttributes(about: {
  readonly call?: string | null
  readonly status?: string
  readonly durationMs?: number
  readonly text?: string | null
}): TelemetryAttributes {
  const { call = null, status = '', durationMs = null, text = null } = about
  return present({
    'gen_ai.tool.call.id': call,
    'codecell.status': status === '' ? null : status,
    'codecell.duration_ms': durationMs,
    'codecell.text': text === null ? null : cut(text, longestContent),
  })
}

function present(values: Readonly<Record<string, TelemetryValue | null>>): TelemetryAttributes {
  const found: Record<string, TelemetryValue> = {}
  for (const [name, value] of Object.entries(values)) if (value !== null) found[name] = value
  return found
}

function cut(text: string, length = longestName): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
