import type { AssistantContent, ModelMessage, ToolContent } from 'ai'
import { waitInputOf } from '../../agent/input/wait-input.ts'
import type { Choice, HeldApprovals, Question } from '../code-mode/held-approvals.ts'

type Asking = { readonly toolCallId: string; readonly messages: readonly ModelMessage[] }

/**
 * The nested calls that somebody has to allow before this call of `wait` is made, by cell. Earlier questions
 * that were answered with no are settled first: the SDK then never runs the `wait` that asked, so the conversation is where the
 * answer is found. A question that an earlier process put is not known here, and what came since cannot be told from what was
 * shown: its answer allows nothing, and the following `wait` asks.
 */
export function callsToAllow(
  held: HeldApprovals | null,
  input: unknown,
  { toolCallId, messages }: Asking,
  choice: Choice,
): Question | null {
  const waited = waitInputOf(input)
  if (held === null || waited === null || waited.terminate) return null
  for (const id of new Set(waited.cellIds.flatMap((cellId) => held.questions(cellId)))) {
    const denial = id === toolCallId ? null : denialOf(id, messages)
    if (denial !== null) held.answer(id, { type: 'deny', reason: denial })
  }
  return !held.isOpen(toolCallId) && wasAsked(toolCallId, messages)
    ? null
    : held.question(toolCallId, waited.cellIds, choice)
}

function wasAsked(toolCallId: string, messages: readonly ModelMessage[]): boolean {
  const parts = messages.flatMap((message) => partsOf(message))
  return parts.some((part) => part.type === 'tool-approval-request' && part.toolCallId === toolCallId)
}

type Part = Exclude<AssistantContent, string>[number] | ToolContent[number]

/** The reason for the no to a call, or null when nobody said no. */
function denialOf(toolCallId: string, messages: readonly ModelMessage[]): string | null {
  const asked = new Set<string>()
  for (const part of messages.flatMap((message) => partsOf(message))) {
    if (part.type === 'tool-approval-request' && part.toolCallId === toolCallId) asked.add(part.approvalId)
    if (part.type === 'tool-approval-response' && asked.has(part.approvalId) && !part.approved) return part.reason ?? ''
    if (part.type !== 'tool-result' || part.toolCallId !== toolCallId) continue
    if (part.output.type === 'execution-denied') return part.output.reason ?? ''
  }
  return null
}

function partsOf(message: ModelMessage): readonly Part[] {
  if (message.role === 'tool') return message.content
  return message.role === 'assistant' && typeof message.content !== 'string' ? message.content : []
}
