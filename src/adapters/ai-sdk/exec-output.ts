import type { Tool } from 'ai'
import { approvalCards } from '../../agent/approval-prompt/approval-card.ts'
import { mediaOf, omittedMediaText } from '../../agent/response/media.ts'
import type { CodeModeResponse } from '../code-mode/code-mode-core.ts'
import { itemsWithNotifications } from '../code-mode/append-notifications.ts'
import type { Progress, ObservedCall } from '../../agent/following/cell-progress.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/**
 * The output of `exec` and `wait`. While a program runs, preliminary outputs of type `running` report its nested calls and
 * notifications. The model receives the last one, of type `response`.
 */
export type CodeModeOutput = {
  readonly type: 'running' | 'response'
  /** The items for the model: header, output, notifications, calls that need an approval. Empty while running. */
  readonly items: readonly ContentItem[]
  readonly success: boolean
  /** The id for the next `wait`; null when the cell has ended. */
  readonly cellId: string | null
  readonly notifications: readonly string[]
  readonly calls: readonly ObservedCall[]
  /** The calls that wait for the user, as text with their program; null for none. */
  readonly approvals: string | null
}

type ModelOutput = Awaited<ReturnType<NonNullable<Tool['toModelOutput']>>>
type ContentOutput = Extract<ModelOutput, { type: 'content' }>

export function runningOutput({ cellId, notifications, calls }: Progress): CodeModeOutput {
  return { type: 'running', items: [], success: true, cellId, notifications, calls, approvals: null }
}

export function finalOutput(response: CodeModeResponse): CodeModeOutput {
  const { success, cellId, notifications, calls, approvals } = response
  return {
    type: 'response',
    items: itemsWithNotifications(response),
    success,
    cellId,
    notifications,
    calls,
    approvals: approvals.length === 0 ? null : approvalCards(approvals),
  }
}

/** Converts texts, images and audio to the parts of a tool result of the AI SDK. */
export function toModelOutput({ output }: { output: CodeModeOutput }): ContentOutput {
  return { type: 'content', value: output.items.map((item) => partOf(item)) }
}

function partOf(item: ContentItem): ContentOutput['value'][number] {
  if (item.type === 'input_text') return { type: 'text', text: item.text }
  const media = mediaOf(item)
  if (media === null) return { type: 'text', text: omittedMediaText(item) }
  return { type: 'file', mediaType: media.mediaType, data: { type: 'data', data: media.base64 } }
}
