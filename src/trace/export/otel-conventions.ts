/**
 * The names of spans and attributes, live and exported. They follow OpenTelemetry's semantic conventions for generative AI and
 * MCP, which are in development; additional names begin with `codecell.`.
 */

export type TelemetryValue = string | number | boolean
export type TelemetryAttributes = Readonly<Record<string, TelemetryValue>>

/** A span without its ids and times. */
export type TelemetrySpan = { readonly name: string; readonly attributes: TelemetryAttributes }

/** The name of the instrumentation. */
export const telemetryScope = 'codecell'

/** The events of the span of a cell. */
export const telemetryEvents = {
  yield: 'codecell.yield',
  wait: 'codecell.wait',
  output: 'codecell.output',
  notification: 'codecell.notification',
  approval: 'codecell.approval',
  deferral: 'codecell.deferred',
  eviction: 'codecell.evicted',
  revival: 'codecell.revived',
  revert: 'codecell.revert',
} as const

/** The maximum length of an attribute, in characters: backends drop longer attributes, or the whole span. */
const maxContentLength = 32_768
const maxNameLength = 200

type Call = {
  readonly conversation: string | null
  readonly cell: string | null
  readonly call: string | null
}

/** Describes the span of a cell: the model's call of `exec`, which lasts until the cell ends. */
export function cellSpan(call: Call): TelemetrySpan {
  return toolSpan('exec', call, call.call)
}

/** Describes the span of a tool call of the model, such as `wait`. */
export function modelCallSpan(name: string, call: Call): TelemetrySpan {
  return toolSpan(name, call, call.call)
}

/** Describes the span of a nested tool call. For an MCP tool it is also the span of `tools/call`. */
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

/** Describes the span of a request to a model. */
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

/** Describes the span of a turn of an agent. */
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

/** Returns the outcome of a cell or call: `error` is the convention's `error.type`, null for a success. */
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

/** Returns the attributes for arguments and results. They are opt-in, because they can contain secrets. */
export function contentAttributes({
  input = null,
  output = null,
}: {
  readonly input?: string | null
  readonly output?: string | null
}): TelemetryAttributes {
  return present({
    'gen_ai.tool.call.arguments': input === null ? null : cut(input, maxContentLength),
    'gen_ai.tool.call.result': output === null ? null : cut(output, maxContentLength),
  })
}

/** Returns the attributes of an event of a cell. */
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
    'codecell.text': text === null ? null : cut(text, maxContentLength),
  })
}

/**
 * Returns the texts of the events for an output that an attribute cannot have: as many printed items in each as fit, and items
 * that are too long in parts. Empty for an output that an attribute has.
 */
export function outputTexts(items: readonly string[]): readonly string[] {
  const texts: string[] = []
  let current: string | null = null
  for (const part of items.flatMap((item) => partsOf(item))) {
    const joined: string = current === null ? part : `${current}\n${part}`
    if (joined.length <= maxContentLength) current = joined
    else {
      if (current !== null) texts.push(current)
      current = part
    }
  }
  return texts.length === 0 || current === null ? [] : [...texts, current]
}

function partsOf(item: string): readonly string[] {
  const parts: string[] = []
  let rest = item
  while (rest.length > maxContentLength) {
    // A part must not split a surrogate pair.
    const isPair = /[\uD800-\uDBFF]/.test(rest.charAt(maxContentLength - 1))
    const part = rest.slice(0, isPair ? maxContentLength - 1 : maxContentLength)
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return [...parts, rest]
}

function present(values: Readonly<Record<string, TelemetryValue | null>>): TelemetryAttributes {
  const found: Record<string, TelemetryValue> = {}
  for (const [name, value] of Object.entries(values)) if (value !== null) found[name] = value
  return found
}

function cut(text: string, length = maxNameLength): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
