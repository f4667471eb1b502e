import { CodecellError } from '../../errors.ts'
import type { Tool } from '../../tools/tool.ts'
import { openSession } from '../../session/create-session.ts'
import type { Session, SessionOptions } from '../../session/api/session-options.ts'
import { provideResult } from '../../session/provide-result.ts'
import { terminateCell } from '../../session/terminate-cell.ts'
import type { CallResultInput } from '../../session/api/deferred-call.ts'
import type { CellRequest, Done, ProvideRequest, RevertResponse, TerminateResponse } from '../api.ts'
import { badRequest } from '../data/paging.ts'
import { RequestError } from '../http/respond.ts'
import type { RequestFields } from '../http/request-fields.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Maximum length of a result, in characters. */
const maxResult = 2 ** 20

export function parseCellRequest(body: RequestFields): CellRequest {
  return { sessionId: body.text('sessionId'), cellId: body.text('cellId') }
}

export function parseProvide(body: RequestFields): ProvideRequest {
  const [result, error] = [body.optionalText('result', maxResult), body.optionalText('error', maxResult)]
  const target = { sessionId: body.text('sessionId'), key: body.text('key'), requestId: body.text('requestId', 200) }
  if (result !== null && error === null) return { ...target, result }
  if (error !== null && result === null) return { ...target, error }
  throw badRequest('expected either "result" or "error"')
}

export async function terminate(workspace: Workspace, { sessionId, cellId }: CellRequest): Promise<TerminateResponse> {
  const { source, live } = workspace
  const open = live.isInMemory(sessionId) ? (live.find(sessionId)?.session ?? null) : null
  if (open !== null) {
    if (!open.cells().includes(cellId)) return { type: 'ended' }
    // The caller of `exec` receives the outcome, so that it is not waited for here.
    void open.terminate(cellId).catch(() => undefined)
    return { type: 'requested' }
  }
  const { location } = demandSource(source, sessionId)
  const { type } = await terminateCell({ ...location, sessionId, cellId })
  await workspace.look()
  return { type }
}

export async function provide(workspace: Workspace, request: ProvideRequest): Promise<Done> {
  const { source, live } = workspace
  const { sessionId, key, requestId } = request
  const given = givenResult(request)
  const open = live.isInMemory(sessionId) ? (live.find(sessionId)?.session ?? null) : null
  if (open === null) {
    await provideResult({ ...demandSource(source, sessionId).location, sessionId, key, requestId, ...given })
  } else await open.provideResult(key, given, { requestId })
  await workspace.look()
  return { type: 'done' }
}

function givenResult(request: ProvideRequest): CallResultInput {
  if ('error' in request) return { error: request.error }
  try {
    const result: unknown = JSON.parse(request.result)
    return { result }
  } catch {
    throw badRequest('expected JSON as "result"')
  }
}

/** The tools of reverts, and how a session that no process has open is opened. */
export type RevertOptions = {
  /** Null: the console has no tools. */
  readonly tools: (() => readonly Tool[]) | null
  readonly options: Pick<SessionOptions, 'hosts' | 'limits'>
}

/** Reverts the calls of a cell, with the tools of the process that has its session open, else with those of the console. */
export async function revert(
  workspace: Workspace,
  { sessionId, cellId }: CellRequest,
  { tools, options }: RevertOptions,
): Promise<RevertResponse> {
  const open = workspace.live.find(sessionId)
  if (open?.session !== null && open?.session !== undefined && !open.isClosed) {
    return await revertIn(open.session, workspace, cellId)
  }
  const { location } = demandSource(workspace.source, sessionId)
  if (tools === null) throw noTools(sessionId, cellId)
  // Resumed cells cannot prompt here: their calls wait for a decision in the console.
  const common = { ...options, sessionId, tools: tools(), approvals: { hold: true } as const }
  await using session = await ('store' in location
    ? openSession({ ...common, store: location.store })
    : openSession({ ...common, storage: location.storage }))
  return await revertIn(session, workspace, cellId)
}

async function revertIn(session: Session, workspace: Workspace, cellId: string): Promise<RevertResponse> {
  const { calls } = await session.revert(cellId)
  await workspace.look()
  return { calls }
}

function noTools(sessionId: string, cellId: string): RequestError {
  return new RequestError(409, 'REVERT_UNAVAILABLE', 'Cannot revert calls: the console has no tools', {
    advice: `Start the console with --config FILE, or run: codecell revert ${sessionId} ${cellId} --config FILE`,
  })
}

function demandSource(source: Workspace['source'], sessionId: string): NonNullable<Workspace['source']> {
  if (source !== null) return source
  throw new CodecellError('SESSION_NOT_FOUND', `Cannot find session "${sessionId}": this process does not have it open`)
}
