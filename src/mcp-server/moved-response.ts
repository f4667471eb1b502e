import { formatHeader, errorResponse, type ModelResponse } from '../agent/response/response.ts'
import { CodecellError } from '../errors.ts'
import { isUnconfirmedStart } from '../session/common/unconfirmed-start.ts'
import type { ClientCall } from './client-call.ts'
import type { ClientSession } from './client-session.ts'
import type { RequestRights } from './request-rights.ts'

/** The errors of calls that end because this process does not have the session, or cannot reach it. */
const codes = ['SESSION_LOST', 'SESSION_IN_USE', 'SESSION_CLOSED', 'STORE_UNREACHABLE'] as const

/**
 * Returns the response to a settled call whose session has left this process; null for other calls. A program on record resumes in
 * the next owner, so that the model must not read it as failed. Other calls are handled again where that is safe.
 */
export async function movedResponse(
  client: ClientSession,
  call: ClientCall,
  { discard }: Pick<RequestRights, 'discard'>,
): Promise<ModelResponse | null> {
  const { refusal: error, cellIds, isExec } = call
  if (!client.isStored || !codes.some((code) => CodecellError.is(error, code))) return null
  if (isExec && cellIds.length > 0) return runningResponse(cellIds)
  if (discard === null) return null
  const recorded = isExec && isUnconfirmedStart(error) ? await recordedStart(client, call) : null
  if (recorded !== null && recorded !== 'unknown') return runningResponse([recorded.cellId])
  const mayHaveStarted = recorded === 'unknown'
  if (discard(mayHaveStarted ? 'unknown' : 'moved')) return errorResponse(error)
  // Progress has been sent, so that this response must be one of the call.
  if (!isExec && cellIds.length > 0) return runningResponse(cellIds)
  return errorResponse(mayHaveStarted ? mayHaveStartedText : notStartedText)
}

/** Returns the cell that a call started whose record was not confirmed; null for none. */
async function recordedStart(
  client: ClientSession,
  call: ClientCall,
): Promise<{ readonly cellId: string } | 'unknown' | null> {
  // An owner whose store is away can still write its record.
  if (!CodecellError.is(call.refusal, 'SESSION_LOST')) return 'unknown'
  try {
    const cellId = await client.recordedCell(call.id)
    return cellId === null ? null : { cellId }
  } catch {
    return 'unknown'
  }
}

const mayHaveStartedText = 'The server lost its session while the script started. It may have had an effect'

const notStartedText = 'The server lost its session before the script started. It had no effect: call exec again'

/** Returns a response that makes the model wait: the next owner has the output. */
function runningResponse(cellIds: readonly string[]): ModelResponse {
  const [cellId = ''] = cellIds
  const items = cellIds.map((each) => ({
    type: 'input_text' as const,
    text: formatHeader({ outcome: 'yielded', cellId: each, durationMs: 0 }),
  }))
  return { items, success: true, cellId }
}
