/** The detail with which a model should process an image. */
export type ImageDetail = 'auto' | 'low' | 'high' | 'original'

/** An item of the output of a cell, in the form of the reference. */
export type ContentItem =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail: ImageDetail }
  | { readonly type: 'input_audio'; readonly audio_url: string }

const imageDetails: readonly ImageDetail[] = ['auto', 'low', 'high', 'original']

export function isImageDetail(value: unknown): value is ImageDetail {
  return imageDetails.some((detail) => detail === value)
}
