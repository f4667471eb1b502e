import { trimBlank } from '../../text/white-space.ts'

/** Three or more fence characters, then at most one word for the language. */
const opening = /^(`{3,}|~{3,})[ \t]*(?:[^\s`~]+[ \t]*)?\r?$/

/**
 * Returns the content of a source that is a single Markdown code fence, or the unchanged source. A fenced source is never valid
 * JavaScript, so no working program changes.
 */
export function withoutCodeFence(text: string): string {
  const block = trimBlank(text)
  const contentStart = block.indexOf('\n') + 1
  const contentEnd = block.lastIndexOf('\n') + 1
  const fence = opening.exec(block.slice(0, Math.max(contentStart - 1, 0)))?.[1]
  if (fence === undefined || !closes(block.slice(contentEnd), fence)) return text
  const content = block.slice(contentStart, contentEnd)
  return content.split('\n').some((line) => closes(line, fence)) ? text : content
}

function closes(line: string, fence: string): boolean {
  const mark = trimBlank(line)
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length)
}
