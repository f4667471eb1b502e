import { truncateItems } from '../../agent/response/truncate.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/**
 * Truncates output to its budget as the bounded sessions of the reference do. Where a session has dropped output, a
 * remark says so. The remark is not charged; when the text around it is truncated as well, it stands at the cut.
 */
export function boundedResponse(items: readonly ContentItem[], maxTokens: number): readonly ContentItem[] {
  const at = items.findIndex(isRemark)
  const remark = items[at]
  if (remark?.type !== 'input_text') return truncateItems(items, maxTokens)
  const before = items.slice(0, at)
  const after = items.slice(at + 1)
  const text = cutText(remark.text) ? joined(before, after) : [...before, ...after]
  const cut = truncateItems(text, maxTokens)
  const parts = cut.flatMap((item) => splitAtCut(item, remark))
  return parts.length > cut.length ? parts : items
}

const remarkPattern =
  /^\[Code Mode session output limit reached: omitted \d+ text bytes; discarded (\d+) text segments, \d+ images, \d+ audio items\]$/

function isRemark(item: ContentItem): boolean {
  return item.type === 'input_text' && remarkPattern.test(item.text)
}

/** Returns whether the dropped part is the middle of one text. */
function cutText(remark: string): boolean {
  return remarkPattern.exec(remark)?.[1] === '0'
}

function joined(before: readonly ContentItem[], after: readonly ContentItem[]): readonly ContentItem[] {
  const head = before.at(-1)
  const [tail, ...rest] = after
  if (head?.type !== 'input_text' || tail?.type !== 'input_text') return [...before, ...after]
  return [...before.slice(0, -1), { type: 'input_text', text: head.text + tail.text }, ...rest]
}

/** Splits the item with the cut: the part before it, the remark, and the part after it. */
function splitAtCut(item: ContentItem, remark: ContentItem): readonly ContentItem[] {
  const cut = item.type === 'input_text' ? /…\d+ tokens truncated…/.exec(item.text) : null
  if (item.type !== 'input_text' || cut === null) return [item]
  const end = cut.index + cut[0].length
  const tail: ContentItem = { type: 'input_text', text: item.text.slice(end) }
  return [{ type: 'input_text', text: item.text.slice(0, end) }, remark, ...(tail.text === '' ? [] : [tail])]
}
