import type { CallToolResult } from '@modelcontextprotocol/server'
import { mediaOf, omittedMediaText } from '../agent/response/media.ts'
import type { ModelResponse } from '../agent/response/response.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { JsonObject } from '../protocol/json.ts'

/** The schema of the structured part of every result. */
export const callOutputSchema: JsonObject & { readonly type: 'object' } = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['running', 'completed', 'failed', 'terminated'] },
    cell_id: { type: 'string', description: 'Set while the script is running: pass it to wait' },
    output: { type: 'string', description: 'All texts of this response' },
  },
  required: ['status', 'output'],
}

type Content = CallToolResult['content'][number]

/**
 * Converts a response to an MCP result. Some clients show models the content, others the structured part, so both have every text.
 * Images and audio are content.
 */
export function callResult(response: ModelResponse, notifications: readonly string[]): CallToolResult {
  const notificationItems = notifications.map((text): ContentItem => ({
    type: 'input_text',
    text: `Notification from the script:\n${text}`,
  }))
  const items = [...response.items, ...notificationItems]
  const output = items.flatMap((item) => (item.type === 'input_text' ? [item.text] : [])).join('\n')
  const running = response.cellId === null ? {} : { cell_id: response.cellId }
  return {
    content: items.map((item) => contentOf(item)),
    structuredContent: { status: statusOf(response), ...running, output },
    ...(response.success ? {} : { isError: true }),
  }
}

function statusOf({ items: [header], success, cellId }: ModelResponse): string {
  if (cellId !== null) return 'running'
  if (!success) return 'failed'
  // Only the first line of the header distinguishes them.
  const isTerminated = header?.type === 'input_text' && header.text.startsWith('Script terminated\n')
  return isTerminated ? 'terminated' : 'completed'
}

function contentOf(item: ContentItem): Content {
  if (item.type === 'input_text') return { type: 'text', text: item.text }
  const media = mediaOf(item)
  if (media === null) return { type: 'text', text: omittedMediaText(item) }
  return { type: item.type === 'input_image' ? 'image' : 'audio', mimeType: media.mediaType, data: media.base64 }
}
