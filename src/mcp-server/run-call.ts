import {
  acceptedContent,
  inputRequired,
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { errorResponse, type ModelResponse } from '../agent/response.ts'
import { approvalQuestion, shownInput } from './approval-question.ts'
import { callResult } from './call-result.ts'
import type { ClientSession } from './client-session.ts'
import { Observation } from './observation.ts'
import type { PendingApproval } from './pending-approvals.ts'
import { reportProgress } from './progress.ts'

type Call = { readonly name: 'exec' | 'wait'; readonly input: unknown; readonly progressMs: number }

/** Answers `exec` or `wait`: with what the model reads, or with the question that a person has to answer first. */
export async function runCall(
  client: ClientSession,
  { name, input, progressMs }: Call,
  context: ServerContext,
): Promise<CallToolResult | InputRequiredResult> {
  const state = context.mcpReq.requestState()
  const observation =
    typeof state === 'string'
      ? client.parked.get(state)
      : new Observation(client, name, input, String(context.mcpReq.id))
  if (observation === undefined) {
    return callResult(errorResponse('This answer came too late: the script that asked is gone'), [])
  }
  observation.unpark()
  if (typeof state === 'string') decide(client.approvals.of(observation.cellId), context)
  using progress = reportProgress(context, client, observation, progressMs)
  const event = await nextEvent(client, observation, context.mcpReq.signal)
  void progress
  switch (event.type) {
    case 'answered':
      return callResult(event.response, observation.cellId === null ? [] : client.notes.take(observation.cellId))
    case 'asked':
      return question(event.pending, observation.park())
    case 'gone':
      await observation.giveUp()
      return callResult(errorResponse('The call was given up'), [])
    default:
      return event satisfies never
  }
}

type CallEvent =
  | { readonly type: 'answered'; readonly response: ModelResponse }
  | { readonly type: 'asked'; readonly pending: readonly PendingApproval[] }
  | { readonly type: 'gone' }

async function nextEvent(client: ClientSession, observation: Observation, signal: AbortSignal): Promise<CallEvent> {
  const gone = Promise.withResolvers<CallEvent>()
  const leave = (): void => gone.resolve({ type: 'gone' })
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  try {
    const answered = observation.response.then((response): CallEvent => ({ type: 'answered', response }))
    for (;;) {
      const changed = client.approvals.changed.then((): null => null)
      const pending = client.canAsk ? client.approvals.of(observation.cellId) : []
      if (pending.length > 0 && !signal.aborted) return { type: 'asked', pending }
      const event = await Promise.race([gone.promise, answered, changed])
      if (event !== null) return event
    }
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function question(pending: readonly PendingApproval[], requestState: string): InputRequiredResult {
  const requests = pending.map(({ key, request }) => {
    const message = `A script wants to call ${request.identifier} with ${shownInput(request.input)}. Allow it?`
    return [key, approvalQuestion(message)] as const
  })
  return inputRequired({ inputRequests: Object.fromEntries(requests), requestState })
}

/** Takes the person's answers. Anything but a clear yes is a no; a question without an answer is asked again. */
function decide(pending: readonly PendingApproval[], { mcpReq }: ServerContext): void {
  for (const { key, decide: settle } of pending) {
    if (mcpReq.inputResponses === undefined || !Object.hasOwn(mcpReq.inputResponses, key)) continue
    const isAllowed = acceptedContent(mcpReq.inputResponses, key)?.['allow'] === true
    settle(isAllowed ? { type: 'allow' } : { type: 'deny', reason: 'the user said no' })
  }
}
