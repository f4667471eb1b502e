import { isRecord } from '../../protocol/json.ts'
import { jsonText } from './payload-text.ts'
import { itemText } from './printed-items.ts'

/** Returns the message of an MCP result that reports an error; null for any other result. */
export function mcpErrorText(result: unknown): string | null {
  if (!isRecord(result) || result['isError'] !== true || !Array.isArray(result['content'])) return null
  const texts = result['content'].map((item: unknown) => itemText(item))
  return texts.length === 0 ? jsonText(result) : texts.join('\n')
}

/** Returns the message of the result of an MCP tool, in JSON, that reports an error; null for any other result. */
export function mcpErrorIn(json: string): string | null {
  if (!json.includes('"isError"')) return null
  try {
    return mcpErrorText(JSON.parse(json))
  } catch {
    return null
  }
}
