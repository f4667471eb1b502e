import { CodecellError } from '../../errors.ts'
import { givenSettlement, settleCall } from '../../session/settle-call.ts'
import { internalsOf } from '../../session/session-internals.ts'
import type { SettleRequest, SettleResponse } from '../api.ts'
import { recordedName, type ConsoleUser } from '../auth/console-user.ts'
import { apiErrorOf } from '../data/api-error.ts'
import { callItemOf } from '../data/call-items.ts'
import { badRequest } from '../data/paging.ts'
import type { RequestFields } from '../http/request-fields.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Maximum length of a result, in characters. */
const maxResult = 2 ** 20

export function parseSettle(body: RequestFields): SettleRequest {
  const given = body.fields('settlement')
  const type = given.choice('type', ['happened', 'did_not_happen'])
  const note = given.optionalText('note', 1000)
  const result = given.optionalText('result', maxResult)
  if (type === 'did_not_happen' && result !== null) throw badRequest('expected no result of a call that did not happen')
  const noted = note === null || note === '' ? {} : { note }
  return {
    sessionId: body.text('sessionId'),
    key: body.text('key'),
    settlement: type === 'happened' && result !== null ? { type, result, ...noted } : { type, ...noted },
    requestId: body.text('requestId', 200),
  }
}

/** Records the statement of a user about an unknown call. The first one counts; the response has it when this one was refused. */
export async function settle(workspace: Workspace, user: ConsoleUser, request: SettleRequest): Promise<SettleResponse> {
  const { sessionId, key } = request
  try {
    await settleStored(workspace, user, request)
    await workspace.look()
    return { type: 'settled' }
  } catch (error) {
    if (!CodecellError.is(error, 'CALL_NOT_UNKNOWN')) throw error
    await workspace.look()
    const report = await workspace.report(sessionId).catch(() => null)
    const call = report?.ledger.find((entry) => entry.key === key)
    const first = call === undefined ? null : callItemOf(sessionId, call).settled
    return { type: 'refused', error: apiErrorOf(error), first }
  }
}

async function settleStored(
  { source, live }: Workspace,
  user: ConsoleUser,
  { sessionId, key, settlement, requestId }: SettleRequest,
): Promise<void> {
  const { type, note } = settlement
  const result = 'result' in settlement ? { result: parsedResult(settlement.result ?? 'null') } : {}
  const given = { type, ...result, ...(note === undefined ? {} : { note }), by: recordedName(user), requestId }
  const open = live.isInMemory(sessionId) ? (live.find(sessionId)?.session ?? null) : null
  if (open !== null) return await internalsOf(open)?.settle(key, givenSettlement(given))
  if (source === null) {
    throw new CodecellError(
      'SESSION_NOT_FOUND',
      `Cannot find session "${sessionId}": this process does not have it open`,
    )
  }
  await settleCall({ ...source.location, sessionId, key, ...given })
}

function parsedResult(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw badRequest('expected JSON as "result"')
  }
}
