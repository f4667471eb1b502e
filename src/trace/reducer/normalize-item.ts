import { hash } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'
import type { ConversationItem, ItemChannel, ItemPart, ItemRole } from '../format/trace-state.ts'

/** An item of a request or response in the form of the state, without an id. */
export type NormalItem = Pick<
  ConversationItem,
  'responses_item_id' | 'role' | 'channel' | 'kind' | 'agent_message' | 'body' | 'call_id'
>

type Fields = Readonly<Record<string, unknown>>

/**
 * Converts one item of a payload to a conversation item. Returns undefined for the list of tools, which is not part of the
 * conversation. An item of an unknown form has its JSON as content, so that one item does not hide the rest of a trace.
 */
export function normalizeItem(value: unknown, payloadId: string): NormalItem | undefined {
  const fields: Fields = isRecord(value) ? value : {}
  const type = textOf(fields['type']) ?? (roleOf(fields) === undefined ? '' : 'message')
  const id = textOf(fields['id'])
  const item = isRecord(value) ? normalizeKind(type, fields, payloadId) : unknownItem(value, payloadId)
  return item === undefined ? undefined : { responses_item_id: id ?? undefined, ...item }
}

function normalizeKind(type: string, fields: Fields, payloadId: string): NormalItem | undefined {
  switch (type) {
    case 'additional_tools':
      return undefined
    case 'message':
      return messageItem(fields, payloadId)
    case 'agent_message':
      return agentMessage(fields, payloadId)
    case 'reasoning':
      return reasoning(fields)
    case 'function_call':
      return call('function_call', argumentsPart(fields['arguments'], payloadId), fields)
    case 'custom_tool_call':
      return call('custom_tool_call', customInput(fields), fields)
    case 'function_call_output':
    case 'custom_tool_call_output':
      return output(type, outputParts(fields['output'], payloadId), fields)
    case 'web_search_call':
    case 'image_generation_call':
    case 'tool_search_call':
    case 'local_shell_call':
      return call('function_call', jsonPart(fields, payloadId), fields)
    case 'tool_search_output':
    case 'mcp_tool_call_output':
      return output('function_call_output', [jsonPart(fields, payloadId)], fields)
    case 'compaction':
    case 'compaction_summary':
    case 'context_compaction':
      return compaction(fields, payloadId)
    default:
      if (type.endsWith('_call_output')) return output('function_call_output', [jsonPart(fields, payloadId)], fields)
      return type.endsWith('_call')
        ? call('function_call', jsonPart(fields, payloadId), fields)
        : unknownItem(fields, payloadId)
  }
}

/** Returns an item with its JSON as content. */
function unknownItem(value: unknown, payloadId: string): NormalItem {
  const role = isRecord(value) ? roleOf(value) : undefined
  const body = { parts: [jsonPart(value, payloadId)] }
  return { role: role ?? 'assistant', channel: null, kind: 'message', body, call_id: null }
}

function roleOf(fields: Fields): ItemRole | undefined {
  return (['system', 'developer', 'user', 'assistant', 'tool'] satisfies ItemRole[]).find(
    (known) => known === fields['role'],
  )
}

function messageItem(fields: Fields, payloadId: string): NormalItem {
  const role = roleOf(fields)
  if (role === undefined) return unknownItem(fields, payloadId)
  return {
    role,
    channel: channelOf(fields['phase']),
    kind: 'message',
    body: contentBody(fields['content'], payloadId),
    call_id: null,
  }
}

function channelOf(phase: unknown): ItemChannel | null {
  if (phase === 'commentary') return 'commentary'
  return phase === 'final_answer' ? 'final' : null
}

function contentBody(content: unknown, payloadId: string): { parts: ItemPart[] } {
  if (typeof content === 'string') return { parts: [{ type: 'text', text: content }] }
  if (!Array.isArray(content)) {
    return { parts: [{ type: 'payload_ref', label: 'content', raw_payload_id: payloadId }] }
  }
  return { parts: content.map((part: unknown) => contentPart(part, payloadId)) }
}

function contentPart(value: unknown, payloadId: string): ItemPart {
  const fields: Fields = isRecord(value) ? value : {}
  const type = textOf(fields['type']) ?? 'unknown'
  const text = textOf(fields['text'])
  if ((type === 'input_text' || type === 'output_text') && text !== undefined) return { type: 'text', text }
  const encrypted = textOf(fields['encrypted_content'])
  if (type === 'encrypted_content' && encrypted !== undefined) {
    return { type: 'encoded', label: 'encrypted_content', value: encrypted }
  }
  return {
    type: 'payload_ref',
    label: type,
    raw_payload_id: payloadId,
    content_sha256: hash('sha256', sortedJson(value)),
  }
}

function agentMessage(fields: Fields, payloadId: string): NormalItem {
  const author = textOf(fields['author'])
  const recipient = textOf(fields['recipient'])
  const content = fields['content']
  if (author === undefined || recipient === undefined) return unknownItem(fields, payloadId)
  return {
    role: 'assistant',
    channel: 'analysis',
    kind: 'message',
    agent_message: { author, recipient },
    body: contentBody(content, payloadId),
    call_id: null,
  }
}

function reasoning(fields: Fields): NormalItem {
  const parts: ItemPart[] = [
    ...texts(fields['content']).map((text): ItemPart => ({ type: 'text', text })),
    ...texts(fields['summary']).map((text): ItemPart => ({ type: 'summary', text })),
  ]
  const encrypted = textOf(fields['encrypted_content'])
  if (encrypted !== undefined) parts.push({ type: 'encoded', label: 'encrypted_content', value: encrypted })
  return { role: 'assistant', channel: 'analysis', kind: 'reasoning', body: { parts }, call_id: null }
}

function texts(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
}

function call(kind: 'function_call' | 'custom_tool_call', part: ItemPart, fields: Fields): NormalItem {
  const callId = textOf(fields['call_id']) ?? null
  return { role: 'assistant', channel: 'commentary', kind, body: { parts: [part] }, call_id: callId }
}

function output(
  kind: 'function_call_output' | 'custom_tool_call_output',
  parts: ItemPart[],
  fields: Fields,
): NormalItem {
  return { role: 'tool', channel: 'commentary', kind, body: { parts }, call_id: textOf(fields['call_id']) ?? null }
}

function argumentsPart(value: unknown, payloadId: string): ItemPart {
  if (typeof value !== 'string') return jsonPart(value, payloadId)
  try {
    return jsonPart(JSON.parse(value), payloadId)
  } catch {
    return { type: 'text', text: value }
  }
}

function customInput(fields: Fields): ItemPart {
  const input = textOf(fields['input']) ?? ''
  return fields['name'] === 'exec'
    ? { type: 'code', language: 'javascript', source: input }
    : { type: 'text', text: input }
}

function outputParts(value: unknown, payloadId: string): ItemPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  if (Array.isArray(value)) return value.map((part: unknown) => contentPart(part, payloadId))
  return [jsonPart(value, payloadId)]
}

function compaction(fields: Fields, payloadId: string): NormalItem {
  const value = textOf(fields['encrypted_content'])
  const part: ItemPart =
    value === undefined ? jsonPart(fields, payloadId) : { type: 'encoded', label: 'encrypted_content', value }
  const body = { parts: [part] }
  return { role: 'assistant', channel: 'summary', kind: 'message', body, call_id: null }
}

function jsonPart(value: unknown, payloadId: string): ItemPart {
  return { type: 'json', summary: preview(JSON.stringify(value ?? null)), raw_payload_id: payloadId }
}

const previewLength = 240

function preview(text: string): string {
  if (text.length <= previewLength) return text
  const characters = Array.from(text.slice(0, previewLength * 2 + 2))
  return characters.length <= previewLength ? text : `${characters.slice(0, previewLength).join('')}...`
}

/** Serializes a value with sorted members, so that equal values give equal strings. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isRecord(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
