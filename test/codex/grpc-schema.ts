import { isRecord } from '../../src/protocol/json.ts'
import { ProtoWriter, type ProtoReader } from '../../src/codex-host/grpc/protobuf.ts'
import type { Message } from './framed-client.ts'

/**
 * The fields of a message, by number. `json` is a string with JSON, a list of names is an enumeration, `many` is a
 * repeated message, and an object is a message.
 */
type Schema = { readonly [field: number]: readonly [name: string, type: FieldType] }

type FieldType = 'text' | 'number' | 'json' | readonly string[] | Schema | { readonly many: Schema }

const kinds = ['', 'TOOL_KIND_FUNCTION', 'TOOL_KIND_FREEFORM']
const toolName: Schema = { 1: ['name', 'text'], 2: ['namespace', 'text'] }
const empty: Schema = {}

const outcome: Schema = {
  1: ['cell_id', 'text'],
  2: [
    'content_items',
    {
      many: {
        1: ['text', { 1: ['text', 'text'] }],
        2: [
          'image',
          {
            1: ['image_url', 'text'],
            2: ['detail', ['', 'IMAGE_DETAIL_AUTO', 'IMAGE_DETAIL_LOW', 'IMAGE_DETAIL_HIGH', 'IMAGE_DETAIL_ORIGINAL']],
          },
        ],
        3: ['audio', { 1: ['audio_url', 'text'] }],
      },
    },
  ],
  3: ['yielded', empty],
  4: ['terminated', empty],
  5: ['completed', { 1: ['error_text', 'text'] }],
}

const session: Schema = { 1: ['session_id', 'text'] }

/** The requests of each method, and what comes back. */
export const schemas: Readonly<Record<string, { readonly request: Schema; readonly response: Schema }>> = {
  OpenSession: {
    request: { 2: ['output_truncation', 'number'], 3: ['max_pending_delegate_calls', 'number'] },
    response: {
      1: ['opened', { ...session, 2: ['output_truncation', 'number'], 3: ['supports_catalog_revision', 'number'] }],
      2: ['tool_call_cancelled', { 1: ['invocation_id', 'text'] }],
      3: [
        'notification',
        {
          1: ['notification_id', 'text'],
          2: ['execution_id', 'text'],
          3: ['cell_id', 'text'],
          4: ['call_id', 'text'],
          5: ['text', 'text'],
        },
      ],
      5: [
        'cell_closed',
        { 1: ['execution_id', 'text'], 2: ['cell_id', 'text'], 3: ['final_tool_call_sequence', 'number'] },
      ],
    },
  },
  SubscribeToToolCalls: {
    request: session,
    response: {
      ...session,
      2: ['execution_id', 'text'],
      3: ['cell_id', 'text'],
      4: ['invocation_id', 'text'],
      5: ['runtime_tool_call_id', 'text'],
      6: ['tool_name', toolName],
      7: ['tool_kind', kinds],
      8: ['input_json', 'json'],
      9: ['sequence', 'number'],
    },
  },
  Execute: {
    request: {
      ...session,
      2: ['execution_id', 'text'],
      3: ['tool_call_id', 'text'],
      4: ['source', 'text'],
      5: [
        'enabled_tools',
        { many: { 1: ['name', 'text'], 2: ['tool_name', toolName], 3: ['description', 'text'], 4: ['kind', kinds] } },
      ],
      6: ['yield_time_ms', 'number'],
      7: ['max_output_tokens', 'number'],
    },
    response: { 1: ['started', { 1: ['execution_id', 'text'], 2: ['cell_id', 'text'] }], 2: ['outcome', outcome] },
  },
  Wait: {
    request: {
      ...session,
      2: ['cell_id', 'text'],
      3: ['wait_id', 'text'],
      4: ['yield_time_ms', 'number'],
      5: ['max_output_tokens', 'number'],
    },
    response: { 1: ['live_cell', outcome], 2: ['missing_cell', outcome] },
  },
  Terminate: {
    request: { ...session, 2: ['cell_id', 'text'] },
    response: { 1: ['live_cell', outcome], 2: ['missing_cell', outcome] },
  },
  CompleteToolCall: {
    request: {
      ...session,
      2: ['invocation_id', 'text'],
      3: ['succeeded', { 1: ['output_json', 'json'] }],
      4: ['failed', { 1: ['message', 'text'] }],
    },
    response: empty,
  },
  YieldObservation: { request: { ...session, 2: ['execution_id', 'text'] }, response: empty },
  CloseSession: { request: session, response: empty },
}

/** Encodes a message that is written with the names of its fields. */
export function encode(schema: Schema, message: Message): ProtoWriter {
  const writer = new ProtoWriter()
  for (const [number, [name, type]] of Object.entries(schema)) {
    if ((message[name] ?? null) !== null) encodeField(writer, Number(number), type, message[name])
  }
  return writer
}

function encodeField(writer: ProtoWriter, field: number, type: FieldType, value: unknown): void {
  if (type === 'text') writer.text(field, String(value))
  else if (type === 'number') writer.number(field, Number(value))
  else if (type === 'json') writer.text(field, JSON.stringify(value))
  else if (isNames(type)) writer.number(field, type.indexOf(String(value)))
  else if ('many' in type && Array.isArray(value)) {
    for (const each of value) if (isRecord(each)) writer.message(field, encode(type.many, each))
  } else if (!('many' in type) && isRecord(value)) writer.message(field, encode(type, value))
  else throw new TypeError(`Cannot encode field ${field}: ${JSON.stringify(value)}`)
}

/** Decodes a message, without absent fields. */
export function decode(schema: Schema, message: ProtoReader): Message {
  const fields = Object.entries(schema).map(([number, [name, type]]) => [
    name,
    decodeField(message, Number(number), type),
  ])
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
}

function decodeField(message: ProtoReader, field: number, type: FieldType): unknown {
  if (type === 'text') return message.optionalText(field) ?? undefined
  if (type === 'number') return message.number(field) ?? undefined
  if (type === 'json') {
    const json = message.optionalText(field)
    return json === null ? undefined : JSON.parse(json)
  }
  if (isNames(type)) return type[message.number(field) ?? 0] || undefined
  if ('many' in type) {
    const many = message.messages(field)
    return many.length === 0 ? undefined : many.map((each) => decode(type.many, each))
  }
  const inner = message.message(field)
  return inner === null ? undefined : decode(type, inner)
}

function isNames(type: FieldType): type is readonly string[] {
  return Array.isArray(type)
}
