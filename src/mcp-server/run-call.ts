import {
  acceptedContent,
  inputRequired,
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { partToAsk } from '../agent/approval-prompt/part-to-ask.ts'
import { errorResponse, type ModelResponse } from '../agent/response/response.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../session/api/approval.ts'
import { approvalForm, decisionsOf, type ApprovalForm } from './approval-form.ts'
import { tooLongToShow } from './approval-question.ts'
import { callResult } from './call-result.ts'
import type { ClientSession } from './client-session.ts'
import { Observation } from './observation.ts'
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
  if (typeof state === 'string') decide(client, observation.takeForm(), context)
  using progress = reportProgress(context, observation, progressMs)
  const event = await nextEvent(client, observation, context.mcpReq.signal)
  void progress
  switch (event.type) {
    case 'answered':
      return callResult(
        event.response,
        observation.cellIds.flatMap((cellId) => client.notes.take(cellId)),
      )
    case 'asked': {
      const form = approvalForm(event.batch)
      return inputRequired({ inputRequests: { approvals: form.question }, requestState: observation.park(form) })
    }
    case 'gone':
      await observation.giveUp()
      return callResult(errorResponse('The call was given up'), [])
    default:
      return event satisfies never
  }
}

type CallEvent =
  | { readonly type: 'answered'; readonly response: ModelResponse }
  | { readonly type: 'asked'; readonly batch: ApprovalBatch }
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
      const batch = signal.aborted ? null : toAskAbout(client, observation)
      if (batch !== null) return { type: 'asked', batch }
      const event = await Promise.race([gone.promise, answered, changed])
      if (event !== null) return event
    }
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** The calls that a person has to be asked about now, those of one program at a time. Where nobody can be asked, they are denied. */
function toAskAbout({ approvals, canAsk }: ClientSession, { cellIds }: Observation): ApprovalBatch | null {
  for (const cellId of cellIds) {
    for (let batch = approvals.of(cellId); batch !== null; batch = approvals.of(cellId)) {
      const { asked, tooLong } = partToAsk(batch.requests)
      if (canAsk) approvals.decide(denied(tooLong, tooLongToShow))
      else approvals.decide(denied(batch.requests, 'this MCP client cannot ask anybody'))
      // What waits now without having been asked about is looked at again.
      if (canAsk && asked.length > 0)
        return { ...batch, requests: batch.requests.filter((each) => !tooLong.includes(each)) }
    }
  }
  return null
}

/** Takes the person's answer to what was asked last. A question that came back without one is asked again. */
function decide({ approvals }: ClientSession, form: ApprovalForm | null, { mcpReq }: ServerContext): void {
  if (form === null || mcpReq.inputResponses === undefined || !Object.hasOwn(mcpReq.inputResponses, 'approvals')) return
  approvals.decide(decisionsOf(form, acceptedContent(mcpReq.inputResponses, 'approvals')))
}

function denied(requests: readonly ApprovalRequest[], reason: string): ReadonlyMap<string, ApprovalDecision> {
  return new Map(requests.map(({ key }) => [key, { type: 'deny', reason }]))
}
