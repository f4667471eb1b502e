import { isRecord } from '../../protocol/json.ts'
import type { JsonSchema } from '../../tools/schema/standard-schema.ts'
import { quote } from './wire/wire-reader.ts'

/** Members of a block that are optional in the protocol. Some servers send null for them. */
const optionalMembers: ReadonlySet<string> = new Set(
  '_meta annotations description icons lastModified mimeType size title'.split(' '),
)

/** Members of a result that do not concern a cell. */
const otherMembers: ReadonlySet<string> = new Set(['_meta', 'content', 'isError', 'resultType', 'structuredContent'])

/**
 * Returns the members of a result for a cell, without the metadata of the server. Blocks of unknown types are passed on. A result
 * without a valid form keeps what can be read of it: the call has succeeded.
 */
export function callResultOf(received: unknown): object {
  const result = isRecord(received) ? received : {}
  const { content, structuredContent, isError } = result
  return {
    content: contentOf(content) ?? otherContent(result),
    ...(structuredContent === undefined || structuredContent === null ? {} : { structuredContent }),
    ...flagOf(isError),
  }
}

/** Returns the schema of an MCP result. The tool's own schema describes only the structured part. */
export function callResultSchema(structuredContent: JsonSchema | undefined): JsonSchema {
  const content = { type: 'array', items: { type: 'object' } }
  const properties = { content, isError: { type: 'boolean' } }
  return {
    type: 'object',
    properties: structuredContent === undefined ? properties : { ...properties, structuredContent },
    required: ['content'],
  }
}

function contentOf(content: unknown): readonly object[] | null {
  if (content === undefined || content === null) return null
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [content]
  return blocks.map((block, index) => blockOf(block, index))
}

/** Returns the members that no version of the protocol has as a text, when the result has no other content. */
function otherContent(result: Readonly<Record<string, unknown>>): readonly object[] {
  const others = Object.entries(result).filter(([name]) => !otherMembers.has(name))
  if (others.length === 0 || isRecord(result['structuredContent'])) return []
  return [{ type: 'text', text: JSON.stringify(Object.fromEntries(others)) }]
}

function blockOf(block: unknown, index: number): object {
  if (typeof block === 'string') return { type: 'text', text: block }
  if (!isRecord(block)) {
    return {
      type: 'text',
      text: `Block ${index} of the result cannot be read: expected an object, got ${quote(block)}`,
    }
  }
  const { annotations, resource } = block
  return {
    ...withoutNulls(block),
    ...(isRecord(resource) ? { resource: withoutNulls(resource, ['text', 'blob']) } : {}),
    ...(isRecord(annotations) ? { annotations: withoutNulls(annotations, ['audience', 'priority']) } : {}),
  }
}

function withoutNulls(block: Readonly<Record<string, unknown>>, more: readonly string[] = []): object {
  const isAbsent = (name: string, value: unknown): boolean =>
    value === null && (optionalMembers.has(name) || more.includes(name))
  return Object.fromEntries(Object.entries(block).filter(([name, value]) => !isAbsent(name, value)))
}

function flagOf(isError: unknown): { readonly isError?: boolean } {
  if (typeof isError === 'boolean') return { isError }
  const isTrue = isError === 1 || (typeof isError === 'string' && isError.toLowerCase() === 'true')
  return isTrue ? { isError: true } : {}
}
