import { isRecord } from '../../protocol/json.ts'
import { jsonOf } from './safe-json.ts'

/** The members of an item in the form of OpenAI's Responses API. */
export type ItemFields = Readonly<Record<string, unknown>>

/**
 * Returns an item in a form that all readers of traces accept. Known forms are returned unchanged. Other forms become a message,
 * a call or an output that contains the original: a trace with one unreadable item is an unreadable trace.
 */
export function recordableItem(value: unknown): ItemFields {
  const item = plainItem(value)
  if (typeof item === 'string') return { type: 'message', role: 'user', content: [textPart('user', item)] }
  if (!isRecord(item)) return unknownItem(item)
  const { type } = item
  if (typeof type === 'string') return typedItem(type, item)
  if (typeof item['role'] === 'string') return messageItem({ ...item, type: 'message' })
  return unknownItem(item)
}

/** Returns an item as readers see it: members of a class and its `toJSON` are resolved. */
function plainItem(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    const isPlain = prototype === Object.prototype || prototype === null
    if (isPlain && !('toJSON' in value)) return { ...value }
  } catch {
    // A proxy or a getter that throws: serializing keeps the other members.
  }
  return JSON.parse(jsonOf(value))
}

function typedItem(type: string, item: ItemFields): ItemFields {
  switch (type) {
    case 'message':
      return messageItem(item)
    case 'reasoning':
      return reasoningItem(item)
    case 'agent_message':
      return agentMessage(item)
    case 'custom_tool_call':
      return typeof item['input'] === 'string' ? item : { ...item, input: customInput(item['input']) }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { ...item, output: outputOf(item['output']) }
    case 'compaction':
    case 'compaction_summary':
    case 'context_compaction':
      return typeof item['encrypted_content'] === 'string' ? item : unknownItem(item)
    case 'function_call':
      return { ...item, arguments: item['arguments'] ?? null }
    case 'additional_tools':
    case 'image_generation_call':
    case 'local_shell_call':
    case 'mcp_tool_call_output':
    case 'tool_search_call':
    case 'tool_search_output':
    case 'web_search_call':
      return item
    default:
      return untypedItem(type, item)
  }
}

function customInput(input: unknown): string {
  return input === undefined ? '' : jsonOf(input)
}

/** Returns an item of an unknown type. Types end with the direction of their item: `shell_call`, `shell_call_output`. */
function untypedItem(type: string, item: ItemFields): ItemFields {
  if (/_(output|result|response)$/.test(type)) {
    const { output } = item
    return typeof output === 'string'
      ? { ...item, type: 'function_call_output', original_type: type }
      : { type: 'function_call_output', ...idsOf(item), output: item }
  }
  const name = /^(.+)_(call|request)$/.exec(type)?.[1]
  if (name === undefined) return unknownItem(item)
  return { type: 'function_call', ...idsOf(item), name, arguments: jsonOf(item) }
}

const roles: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool'])

function messageItem(item: ItemFields): ItemFields {
  const { role, content } = item
  const known = roles.has(role) ? String(role) : 'developer'
  const message = known === role ? item : { ...item, role: known, original_role: role }
  if (typeof content === 'string') return letterOf(known, message, content) ?? withText(message, known, content)
  if (!Array.isArray(content)) return withText(message, known, jsonOf(item))
  const parts = content.map((part: unknown) => contentPart(known, part))
  const [first, ...rest] = parts
  const text = rest.length === 0 && isRecord(first) ? first['text'] : undefined
  return letterOf(known, message, text) ?? { ...message, content: parts }
}

function withText(message: ItemFields, role: string, text: string): ItemFields {
  return { ...message, content: [textPart(role, text)] }
}

/**
 * Returns a message between agents that is JSON in the text of a message, as an item of its own; null for other text. Readers of
 * schema 3 know only such items.
 */
function letterOf(role: string, message: ItemFields, text: unknown): ItemFields | null {
  if (role !== 'assistant' || typeof text !== 'string' || !text.startsWith('{')) return null
  const letter = parsed(text)
  if (!isRecord(letter)) return null
  const { author, recipient, content, trigger_turn: isTrigger } = letter
  const isWhole = typeof author === 'string' && typeof recipient === 'string' && typeof content === 'string'
  if (!isWhole || typeof isTrigger !== 'boolean') return null
  const { role: _, ...rest } = message
  return {
    ...rest,
    type: 'agent_message',
    author,
    recipient,
    content: [textPart('user', content)],
    original_text: text,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns a part of a message. Text has the type of its role; parts without a readable content become their JSON. */
function contentPart(role: string, part: unknown): unknown {
  if (typeof part === 'string') return textPart(role, part)
  const { type, text, encrypted_content: sealed }: ItemFields = isRecord(part) ? part : {}
  switch (type) {
    case 'text':
      return typeof text === 'string' ? { ...Object(part), ...textPart(role, text) } : textPart(role, jsonOf(part))
    case 'input_text':
    case 'output_text':
      return typeof text === 'string' ? part : textPart(role, jsonOf(part))
    case 'encrypted_content':
      return typeof sealed === 'string' ? part : textPart(role, jsonOf(part))
    default:
      return typeof type === 'string' ? part : textPart(role, jsonOf(part))
  }
}

function textPart(role: string, text: string): { readonly type: string; readonly text: string } {
  return { type: role === 'assistant' ? 'output_text' : 'input_text', text }
}

function outputOf(output: unknown): unknown {
  return Array.isArray(output) ? output.map((part: unknown) => contentPart('tool', part)) : (output ?? null)
}

/** Returns a reasoning item with at least one text: the reasoning of a model can be empty or hidden. */
function reasoningItem(item: ItemFields): ItemFields {
  const summary = reasoningTexts(item['summary'], ['summary_text'])
  const content = reasoningTexts(item['content'], ['reasoning_text', 'text'])
  const sealed = item['encrypted_content'] ?? null
  const isEmpty = sealed === null && summary.length === 0 && content.length === 0
  return {
    ...item,
    ...(summary.length === 0 ? { summary: [] } : { summary }),
    ...(isEmpty ? { content: [{ type: 'reasoning_text', text: '' }] } : content.length === 0 ? {} : { content }),
    ...(sealed === null || typeof sealed === 'string' ? {} : { encrypted_content: jsonOf(sealed) }),
  }
}

function reasoningTexts(list: unknown, types: readonly string[]): readonly unknown[] {
  if (list === undefined || list === null) return []
  const parts: readonly unknown[] = Array.isArray(list) ? list : [list]
  return parts.map((part) => {
    const { type, text }: ItemFields = isRecord(part) ? part : {}
    const isKnown = typeof text === 'string' && types.some((known) => known === type)
    return isKnown ? part : { type: types[0], text: typeof part === 'string' ? part : jsonOf(part) }
  })
}

function agentMessage(item: ItemFields): ItemFields {
  const { author, recipient, content } = item
  const parts: readonly unknown[] = Array.isArray(content) ? content : typeof content === 'string' ? [content] : []
  if (typeof author !== 'string' || typeof recipient !== 'string' || parts.length === 0) return unknownItem(item)
  return { ...item, content: parts.map((part) => agentMessagePart(part)) }
}

/** Readers accept text and sealed content only. */
function agentMessagePart(value: unknown): unknown {
  const part = contentPart('user', value)
  const type = isRecord(part) ? part['type'] : undefined
  return type === 'input_text' || type === 'encrypted_content' ? part : textPart('user', jsonOf(value))
}

/** Returns a message with the original in JSON. Neither the user nor the model said it. */
function unknownItem(value: unknown): ItemFields {
  const id = isRecord(value) && typeof value['id'] === 'string' ? { id: value['id'] } : {}
  return { type: 'message', ...id, role: 'developer', content: [textPart('developer', jsonOf(value))] }
}

function idsOf(item: ItemFields): ItemFields {
  const { id, call_id } = item
  return { ...(typeof id === 'string' ? { id } : {}), ...(typeof call_id === 'string' ? { call_id } : {}) }
}
