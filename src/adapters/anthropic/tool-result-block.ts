import type { ContentItem } from '../../protocol/content-item.ts'
import { mediaOf, omittedMediaText } from '../../agent/response/media.ts'

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const

type ImageType = (typeof imageTypes)[number]

/** The result of a tool call as the Messages API takes it. */
export type ToolResultBlock = {
  type: 'tool_result'
  tool_use_id: string
  content: ResultContent[]
  is_error?: true
}

type ResultContent =
  | { type: 'text'; text: string }
  | { type: 'image'; source: { type: 'base64'; media_type: ImageType; data: string } }

/** Converts items to the result of a call. A text stands for audio and for image types that the API does not accept. */
export function resultBlock(
  id: string,
  items: readonly ContentItem[],
  { isError }: { readonly isError: boolean },
): ToolResultBlock {
  const content = items.map((item) => contentOf(item))
  const block: ToolResultBlock = { type: 'tool_result', tool_use_id: id, content }
  // The API accepts only texts in an error; the items state the failure in any case.
  const isAllText = content.every(({ type }) => type === 'text')
  return isError && isAllText ? { ...block, is_error: true } : block
}

function contentOf(item: ContentItem): ResultContent {
  if (item.type === 'input_text') return { type: 'text', text: item.text }
  const media = mediaOf(item)
  const mediaType = imageTypes.find((type) => type === media?.mediaType)
  if (item.type === 'input_image' && media !== null && mediaType !== undefined) {
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data: media.base64 } }
  }
  return { type: 'text', text: omittedMediaText(item) }
}
