import { isRecord } from '../../../protocol/json.ts'
import { CodecellError, messageOf } from '../../../errors.ts'
import { callOperation, type CallableOperation } from '../calls/call-operation.ts'
import type { Tool } from '../../../tools/tool.ts'
import { inputForLink, nextLink } from './next-link.ts'

/** The result of a page: that of the operation, and the input for the next page, which is null after the last one. */
type Page = { readonly result: unknown; readonly next: object | null }

/** Returns the name of the tool that reads the pages of an operation, which no other tool has, and adds it to the names. */
export function pageToolName(id: string, names: Set<string>): string {
  const name = `${id}_page`
  if (names.has(name)) return pageToolName(name, names)
  names.add(name)
  return name
}

/** Returns the call of a tool that reads one page and finds the next one in the header `link`. */
export function pageCall(callable: CallableOperation): Tool['call'] {
  return async (input, context): Promise<Page> => {
    const { value, headers, url } = await callOperation(callable, input, context)
    const link = nextLink(headers, url)
    if (link === null) return { result: value, next: null }
    const { document, operation } = callable
    try {
      return {
        result: value,
        next: inputForLink(document, operation, { input: isRecord(input) ? input : {}, link, url }),
      }
    } catch (cause) {
      throw new CodecellError('TOOL_FAILED', `${operation.method} ${operation.path} failed: ${messageOf(cause)}`, {
        cause,
      })
    }
  }
}

/** Returns the schema of a page. */
export function pageSchema(inputSchema: object, result: unknown): object {
  const next = {
    anyOf: [inputSchema, { type: 'null' }],
    description: 'The input for the next page; null after the last one',
  }
  return { type: 'object', properties: { result: result ?? {}, next }, required: ['result', 'next'] }
}
