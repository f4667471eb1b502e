import type { ContentItem, ImageDetail } from '../../protocol/content-item.ts'

/** The output of a tool call in the Responses API. */
export type ResponsesOutput = string | ResponsesPart[]

type ResponsesPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: ImageDetail }

/** Converts items to an output. A single text is a plain string. */
export function outputOf(items: readonly ContentItem[]): ResponsesOutput {
  const [first, ...others] = items
  if (first === undefined) return ''
  if (first.type === 'input_text' && others.length === 0) return first.text
  return items.map((item) => {
    if (item.type !== 'input_audio') return item
    return { type: 'input_text', text: 'audio content omitted because you do not support audio input' }
  })
}
