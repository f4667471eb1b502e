import { randomUUID } from 'node:crypto'
import {
  acceptedContent,
  inputRequired,
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { partToAsk } from '../agent/approval-prompt/part-to-ask.ts'
import { errorResponse } from '../agent/response/response.ts'
import type { ApprovalBatch, ApprovalDecision, ApprovalRequest } from '../session/api/approval.ts'
import { approvalForm, decisionsOf, type ApprovalForm } from './approvals/approval-form.ts'
import { tooLongToShow } from './approvals/approval-question.ts'
import { callResult } from './call-result.ts'
import { ClientCall, type ModelCall } from './client-call.ts'
import type { ClientSession } from './client-session.ts'
import { rightsOf, type RequestRights } from './request-rights.ts'
import { movedResponse } from './moved-response.ts'
import { reportProgress } from './progress.ts'

type Request = { readonly call: ModelCall; readonly progressMs: number }

/** Returns the result of `exec` or `wait`, or the form that the user must fill in first. */
export async function runCall(
  client: ClientSession,
  { call: modelCall, progressMs }: Request,
  context: ServerContext,
): Promise<CallToolResult | InputRequiredResult> {
  const state = context.mcpReq.requestState()
  // Clients repeat the ids of their requests, and a record must name one of them.
  const callId = client.isStored ? `${context.mcpReq.id}.${randomUUID()}` : String(context.mcpReq.id)
  const call =
    typeof state === 'string'
      ? (client.parked.get(state) ?? movedCall(client, state, callId))
      : new ClientCall(client, modelCall, callId)
  if (call === null) {
    return callResult(errorResponse('This decision came too late: the script that asked has ended'), [])
  }
  call.unpark()
  const rights = rightsOf(context)
  if (typeof state === 'string' && rights.mayDecide) decide(client, call.takeForm(), context)
  using progress = reportProgress(context, { call, session: () => client.session, everyMs: progressMs })
  const event = await nextEvent(client, call, { ...rights, signal: context.mcpReq.signal })
  void progress
  switch (event.type) {
    case 'settled': {
      const moved = await movedResponse(client, call, rights)
      if (moved !== null) return callResult(moved, [])
      const response = await call.deliver()
      return callResult(response, response.notifications)
    }
    case 'asked': {
      const form = approvalForm(event.batch)
      return inputRequired({ inputRequests: { approvals: form.question }, requestState: call.park(form) })
    }
    case 'disconnected':
      await call.giveWay()
      return callResult(errorResponse('The connection ended before the response'), [])
    case 'canceled':
      await call.abandon()
      return callResult(errorResponse('The call was canceled'), [])
    default:
      return event satisfies never
  }
}

/**
 * Returns a call for the cells of a form that an earlier owner of the session has sent; null for another handle. The form is lost, so
 * that its calls are asked about again.
 */
function movedCall(client: ClientSession, handle: string, callId: string): ClientCall | null {
  const [, instance, cells = ''] = /^([\w-]{36})\.[\w-]{36}\.(\d+(?:,\d+)*)$/.exec(handle) ?? []
  if (instance === undefined || instance === client.instance || !client.isStored) return null
  const [cellId, ...others] = cells.split(',')
  const input = others.length === 0 ? { cell_id: cellId } : { cell_ids: [cellId, ...others] }
  return new ClientCall(client, { tool: 'wait', args: client.parseWait(input) }, callId)
}

type CallEvent =
  | { readonly type: 'settled' }
  | { readonly type: 'asked'; readonly batch: ApprovalBatch }
  | { readonly type: 'canceled' }
  | { readonly type: 'disconnected' }

async function nextEvent(
  client: ClientSession,
  call: ClientCall,
  { mayDecide, disconnected, signal }: RequestRights & { readonly signal: AbortSignal },
): Promise<CallEvent> {
  const canceled = Promise.withResolvers<CallEvent>()
  // A connection that ends also aborts the request.
  const cancel = (): void => canceled.resolve({ type: disconnected?.aborted === true ? 'disconnected' : 'canceled' })
  const signals = disconnected === null ? [signal] : [disconnected, signal]
  if (signals.some(({ aborted }) => aborted)) cancel()
  for (const each of signals) each.addEventListener('abort', cancel, { once: true })
  try {
    const settled = call.settled().then((): CallEvent => ({ type: 'settled' }))
    for (;;) {
      const changed = client.approvals.changed.then((): null => null)
      const batch = mayDecide && !signals.some(({ aborted }) => aborted) ? batchToAsk(client, call) : null
      if (batch !== null) return { type: 'asked', batch }
      const event = await Promise.race([canceled.promise, settled, changed])
      if (event !== null) return event
    }
  } finally {
    for (const each of signals) each.removeEventListener('abort', cancel)
  }
}

/**
 * Returns the calls that the user must decide about, of one program at a time. When the client cannot ask, they wait for a console, or
 * are denied without one.
 */
function batchToAsk({ approvals, canAsk, isWatched }: ClientSession, { cellIds }: ClientCall): ApprovalBatch | null {
  if (!canAsk && isWatched) return null
  for (const cellId of cellIds) {
    for (let batch = approvals.of(cellId); batch !== null; batch = approvals.of(cellId)) {
      const { asked, tooLong } = partToAsk(batch.requests)
      if (canAsk) approvals.decide(denied(tooLong, tooLongToShow))
      else approvals.decide(denied(batch.requests, 'this MCP client cannot ask its user'))
      // Calls that wait without having been asked about are examined again.
      if (canAsk && asked.length > 0)
        return { ...batch, requests: batch.requests.filter((each) => !tooLong.includes(each)) }
    }
  }
  return null
}

/** Applies the user's response to the last form. A form that comes back without one is sent again. */
function decide({ approvals }: ClientSession, form: ApprovalForm | null, { mcpReq }: ServerContext): void {
  if (form === null || mcpReq.inputResponses === undefined || !Object.hasOwn(mcpReq.inputResponses, 'approvals')) return
  approvals.decide(decisionsOf(form, acceptedContent(mcpReq.inputResponses, 'approvals')))
}

function denied(requests: readonly ApprovalRequest[], reason: string): ReadonlyMap<string, ApprovalDecision> {
  return new Map(requests.map(({ key }) => [key, { type: 'deny', reason }]))
}
