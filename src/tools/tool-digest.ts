import { createHash, randomUUID } from 'node:crypto'
import { isRecord } from '../protocol/json.ts'
import type { Tool } from './tool.ts'

/**
 * What a person means by "this tool", as SHA-256 in hex: its server, name, description, schemas and annotations. An allowance holds
 * for tools with the same digest. A tool that JSON cannot describe has a new digest each time, so no allowance holds for it.
 */
export function toolDigestOf(tool: Tool): string {
  const { server = null, namespace = null, name, kind = 'function', description = '' } = tool
  const { inputSchema = null, outputSchema = null, annotations = null } = tool
  const described = { server, namespace, name, kind, description, inputSchema, outputSchema, annotations }
  return createHash('sha256').update(textOf(described)).digest('hex')
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
