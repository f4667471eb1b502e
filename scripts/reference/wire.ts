import { isRecord } from '../../src/protocol/json.ts'
import type { AdapterToolCall, CellResponse } from '../../test/conformance/adapter.ts'
import type { ToolSpec } from '../../test/conformance/case.ts'
import type { WireMessage } from './reference-connection.ts'

/** Returns a member of a wire message that must be an object. */
export function record(message: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = message[name]
  if (isRecord(value)) return value
  throw new TypeError(
    `Cannot read a message of the reference: "${name}" is not an object in ${JSON.stringify(message)}`,
  )
}

/** Returns a member of a wire message that must be a string. */
export function text(message: Record<string, unknown>, name: string): string {
  const value = message[name]
  if (typeof value === 'string') return value
  throw new TypeError(`Cannot read a message of the reference: "${name}" is not a string in ${JSON.stringify(message)}`)
}

/** Returns a tool as an execute request describes it. */
export function toolToWire({ name, namespace, kind, description, inputSchema, outputSchema }: ToolSpec): WireMessage {
  return {
    name: namespace === null ? name : `${namespace}__${name}`,
    tool_name: { name, namespace },
    description: description ?? '',
    kind,
    input_schema: inputSchema,
    output_schema: outputSchema,
  }
}

/** A response of a cell: `{"Yielded" | "Terminated" | "Result": …}`. */
export function responseFromWire(value: Record<string, unknown>, isMissing: boolean): CellResponse {
  const [form, body] = Object.entries(value)[0] ?? []
  if (!isRecord(body)) throw new TypeError(`Cannot read a response of the reference: ${JSON.stringify(value)}`)
  const items: unknown = body['content_items']
  const error = body['error_text']
  return {
    outcome: outcomeFromWire(form, isMissing),
    cell: text(body, 'cell_id'),
    items: Array.isArray(items) ? items : [],
    error: typeof error === 'string' ? error : null,
  }
}

function outcomeFromWire(form: string | undefined, isMissing: boolean): CellResponse['outcome'] {
  if (isMissing) return 'missing'
  switch (form) {
    case 'Yielded':
      return 'yielded'
    case 'Terminated':
      return 'terminated'
    case 'Result':
      return 'result'
    default:
      throw new TypeError(`Cannot read a response of the reference: unknown form "${form}"`)
  }
}

/** A request of the host for a nested tool call. */
export function toolCallFromWire(invocation: Record<string, unknown>, signal: AbortSignal): AdapterToolCall {
  const { namespace } = { namespace: record(invocation, 'tool_name')['namespace'] }
  return {
    cellId: text(invocation, 'cell_id'),
    runtimeId: text(invocation, 'runtime_tool_call_id'),
    name: text(record(invocation, 'tool_name'), 'name'),
    namespace: typeof namespace === 'string' ? namespace : null,
    kind: invocation['tool_kind'] === 'freeform' ? 'freeform' : 'function',
    input: invocation['input'] ?? null,
    signal,
  }
}
