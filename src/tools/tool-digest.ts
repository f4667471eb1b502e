import { sha256Of } from '../platform/hash.ts'
import { randomUUID } from '../platform/random.ts'
import { isRecord } from '../protocol/json.ts'
import type { Tool } from './tool.ts'

/**
 * Returns the identity of a tool for an approver, as SHA-256 in hex: its server, name, description, schemas and
 * annotations. A grant covers tools with the same digest. A tool that JSON cannot represent has a new digest each time,
 * so no grant covers it.
 */
export function toolDigestOf(tool: Tool): string {
  const { server = null, namespace = null, name, kind = 'function', description = '' } = tool
  const { inputSchema = null, outputSchema = null, annotations = null } = tool
  const described = { server, namespace, name, kind, description, inputSchema, outputSchema, annotations }
  return sha256Of(textOf(described))
}

function textOf(described: object): string {
  try {
    return JSON.stringify(described, (_, part: unknown) => (isRecord(part) ? inOrder(part) : part))
  } catch {
    return randomUUID()
  }
}

function inOrder(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
