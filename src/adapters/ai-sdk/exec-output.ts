import type { Tool } from 'ai'
import { approvalCards } from '../../agent/approval-prompt/approval-card.ts'
import { mediaOf, omittedMediaText } from '../../agent/response/media.ts'
import type { CodeModeResponse } from '../code-mode/code-mode-core.ts'
import { itemsWithNotes } from '../code-mode/append-notes.ts'
import type { Progress, ObservedCall } from '../../agent/following/cell-progress.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/**
 * The output of `exec` and `wait`. While a program runs, preliminary outputs tell of its nested calls and notifications;
 * `answered` is the one that the model gets.
 */
export type CodeModeOutput = {
  readonly type: 'running' | 'answered'
  /** What the model reads: header, output, notifications, calls that need an approval. Empty while running. */
  readonly items: readonly ContentItem[]
  readonly success: boolean
  /** Set while the cell goes on, for the next `wait`. */
  readonly cellId: string | null
  readonly notifications: readonly string[]
  readonly calls: readonly ObservedCall[]
  /** Calls that wait for a person, as text to show, with the program. Null: none. */
  readonly approvals: string | null
}

type ModelOutput = Awaited<ReturnType<NonNullable<Tool['toModelOutput']>>>
type ContentOutput = Extract<ModelOutput, { type: 'content' }>

export function runningOutput({ cellId, notifications, calls }: Progress): CodeModeOutput {
  return { type: 'running', items: [], success: true, cellId, notifications, calls, approvals: null }
}

export function answeredOutput(answer: CodeModeResponse): CodeModeOutput {
  const { success, cellId, notifications, calls, approvals } = answer
  return {
    type: 'answered',
    items: itemsWithNotes(answer),
    success,
    cellId,
    notifications,
    calls,
    approvals: approvals.length === 0 ? null : approvalCards(approvals),
  }
}

/** Texts, images and audio as the parts of a tool result of the AI SDK. */
export function toModelOutput({ output }: { output: CodeModeOutput }): ContentOutput {
  return { type: 'content', value: output.items.map((item) => partOf(item)) }
}

function partOf(item: ContentItem): ContentOutput['value'][number] {
  if (item.type === 'input_text') return { type: 'text', text: item.text }
  const media = mediaOf(item)
  if (media === null) return { type: 'text', text: omittedMediaText(item) }
  return { type: 'file', mediaType: media.mediaType, data: { type: 'data', data: media.base64 } }
}
