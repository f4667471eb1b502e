import type { ToolOutputImage, ToolOutputText } from '@openai/agents'
import { omittedMediaText } from '../../agent/response/media.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/** Converts items to the SDK's structured tool output. A text stands for audio, which the SDK cannot carry. */
export function structuredOutput(items: readonly ContentItem[]): (ToolOutputText | ToolOutputImage)[] {
  return items.map((item) => {
    switch (item.type) {
      case 'input_text':
        return { type: 'text', text: item.text }
      case 'input_image':
        return { type: 'image', image: item.image_url, detail: item.detail }
      case 'input_audio':
        return { type: 'text', text: omittedMediaText(item) }
      default:
        return item satisfies never
    }
  })
}
