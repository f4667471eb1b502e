import type { AssistantContent, ModelMessage, ToolContent } from 'ai'
import type { WaitInput } from '../../agent/input/wait-input.ts'
import type { Choice, HeldApprovals, Question } from '../code-mode/held-approvals.ts'

type Asking = { readonly toolCallId: string; readonly messages: readonly ModelMessage[] }

/**
 * Returns the nested calls that the user must decide about before this call of `wait` is made; null for none. `waited` is null
 * for invalid arguments. First applies the denials of earlier questions: the SDK never runs a denied `wait`, so only the
 * conversation holds the denial. This process does not know the questions of an earlier process, so it cannot tell which calls
 * they showed: their approval allows nothing, and the following `wait` asks again.
 */
export function callsToAllow(
  held: HeldApprovals | null,
  waited: WaitInput | null,
  { toolCallId, messages }: Asking,
  choice: Choice,
): Question | null {
  if (held === null || waited === null || waited.terminate) return null
  for (const id of new Set(waited.cellIds.flatMap((cellId) => held.questions(cellId)))) {
    const denial = id === toolCallId ? null : denialOf(id, messages)
    if (denial !== null) held.decide(id, { type: 'deny', reason: denial })
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

/** Returns the reason for the denial of a call, or null when it was not denied. */
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
