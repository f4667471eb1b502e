import type { ToolOutputImage, ToolOutputText } from '@openai/agents'
import { mediaOf } from '../code-mode/data-uri.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/** Items as the SDK's structured tool output: texts and images. It has none for audio, so a text says that there was. */
export function structuredOutput(items: readonly ContentItem[]): (ToolOutputText | ToolOutputImage)[] {
  return items.map((item) => {
    switch (item.type) {
      case 'input_text':
        return { type: 'text', text: item.text }
      case 'input_image':
        return { type: 'image', image: item.image_url, detail: item.detail }
      case 'input_audio':
        return { type: 'text', text: audioRemark(item.audio_url) }
      default:
        return item satisfies never
    }
  })
}

function audioRemark(uri: string): string {
  return `[audio left out: ${mediaOf(uri)?.mediaType ?? 'of an unknown type'}, which this interface cannot carry]`
}
