import type { ServerResponse } from 'node:http'
import { decide, parseDecide } from '../actions/decide.ts'
import { parseSettle, settle } from '../actions/settle.ts'
import { parseCellRequest, parseProvide, provide, revert, terminate } from '../actions/cell-actions.ts'
import type { ConsoleScope } from '../api.ts'
import type { ConsoleUser } from '../auth/console-user.ts'
import { callDetail } from '../details/call-detail.ts'
import { cellDetail } from '../details/cell-detail.ts'
import { nodesReportOf } from '../data/nodes.ts'
import { pendingCellOf } from '../data/approvals.ts'
import { badRequest, type Query } from '../data/paging.ts'
import { statistics } from '../data/statistics.ts'
import { parseRun } from '../runs/runs.ts'
import { tokenStatistics } from '../traces/token-statistics.ts'
import type { TraceLibrary } from '../traces/trace-library.ts'
import type { ConsoleParts } from './console-parts.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { RequestError } from '../http/respond.ts'
import { RequestFields } from '../http/request-fields.ts'

/** A request of an authenticated user. */
type RouteContext = {
  readonly user: ConsoleUser
  readonly workspace: Workspace
  readonly parts: ConsoleParts
  readonly query: Query
  /** The JSON of a `POST`. */
  readonly body: unknown
  readonly response: ServerResponse
}

/** The JSON of a response, with its status; null when the route responds itself. */
type Responded = { readonly status?: number; readonly json: object } | null

export type Route = {
  readonly method: 'GET' | 'POST'
  readonly scope: ConsoleScope
  readonly respond: (context: RouteContext) => Promise<Responded>
}

/** All endpoints that need a login, by path. */
export const routes: Readonly<Record<string, Route>> = {
  '/api/me': get(async ({ user, parts, workspace }) => parts.meOf(user, workspace)),
  '/api/overview': get(async ({ workspace }) => workspace.lists.overview()),
  '/api/sessions': get(async ({ workspace, query }) => workspace.lists.sessions(query)),
  '/api/session': get(async ({ workspace, query }) => sessionOf(workspace, query)),
  '/api/cells': get(async ({ workspace, query }) => workspace.lists.cells(query)),
  '/api/cell': get(async ({ workspace, query, parts, user }) => await cellOf(workspace, query, parts.tracesOf(user))),
  '/api/calls': get(async ({ workspace, query }) => workspace.lists.calls(query)),
  '/api/call': get(
    async ({ workspace, query }) =>
      await callDetail(workspace, { sessionId: demand(query, 'session'), key: demand(query, 'key') }),
  ),
  '/api/approvals': get(async ({ workspace, query }) => await approvalsOf(workspace, query)),
  '/api/decisions': get(async ({ workspace, query }) => workspace.lists.decisions(query)),
  '/api/nodes': get(async ({ workspace }) => await nodesOf(workspace)),
  '/api/statistics': get(async ({ workspace, query, parts, user }) =>
    statisticsOf(workspace, query, parts.tracesOf(user)),
  ),
  '/api/catalogue': get(async ({ parts }) => parts.demandRuns().catalogue()),
  '/api/events': {
    method: 'GET',
    scope: 'read',
    respond: async ({ workspace, parts, response, user }) => {
      await workspace.refresh()
      const { streams } = workspace
      if (parts.streams.admit(response, user, () => streams.close(response))) streams.open(response)
      return null
    },
  },
  '/api/run/events': {
    method: 'GET',
    scope: 'read',
    respond: async ({ parts, query, response, user }) => {
      const run = parts.demandRuns().find(demand(query, 'run'), user)
      if (parts.streams.admit(response, user, () => response.end())) run.watch(response)
      return null
    },
  },
  '/api/decide': post(async (fields, { workspace, user }) => {
    const response = await decide(workspace, user, parseDecide(fields))
    return { status: response.error === null ? 200 : 409, json: response }
  }),
  '/api/settle': post(async (fields, { workspace, user }) => {
    const json = await settle(workspace, user, parseSettle(fields))
    return { status: json.type === 'settled' ? 200 : 409, json }
  }),
  '/api/provide': post(async (fields, { workspace }) => ({ json: await provide(workspace, parseProvide(fields)) })),
  '/api/terminate': post(async (fields, { workspace }) => ({
    json: await terminate(workspace, parseCellRequest(fields)),
  })),
  '/api/revert': post(async (fields, { workspace, parts }) => ({
    json: await revert(workspace, parseCellRequest(fields), parts.reverts),
  })),
  '/api/run': post(async (fields, { parts, workspace, user: { tenant } }) => ({
    json: await parts.demandRuns().start(parseRun(fields), { tenant, live: workspace.live }),
  })),
  '/api/run/stop': post(async (fields, { parts, user }) => {
    await parts.demandRuns().stop(fields.text('run'), user)
    return { json: { type: 'done' } }
  }),
}

function get(read: (context: RouteContext) => Promise<object>): Route {
  return {
    method: 'GET',
    scope: 'read',
    respond: async (context) => {
      await context.workspace.refresh()
      return { json: await read(context) }
    },
  }
}

function post(act: (fields: RequestFields, context: RouteContext) => Promise<NonNullable<Responded>>): Route {
  return {
    method: 'POST',
    scope: 'approve',
    respond: async (context) => await act(new RequestFields(context.body), context),
  }
}

function demand(query: Query, name: string): string {
  const value = query.text(name)
  if (value === '') throw badRequest(`expected the parameter "${name}"`)
  return value
}

function sessionOf(workspace: Workspace, query: Query): object {
  const found = workspace.index.get(demand(query, 'session'))
  if (found !== null) return found.item
  throw new RequestError(404, 'SESSION_NOT_FOUND', 'Cannot find the session', { advice: 'Load the list again.' })
}

async function cellOf(workspace: Workspace, query: Query, traces: TraceLibrary | null): Promise<object> {
  const name = { sessionId: demand(query, 'session'), cellId: demand(query, 'cell') }
  return await cellDetail(workspace, name, traces)
}

async function approvalsOf(workspace: Workspace, query: Query): Promise<object> {
  const { items, total, nextCursor } = workspace.lists.pending(query)
  const cells: object[] = []
  for (const { sessionId, cellId } of items) {
    // A session that was removed or has become corrupt since then is left out.
    const report = await workspace.report(sessionId).catch(() => null)
    const cell = report === null ? null : pendingCellOf(report, cellId, workspace.source?.tenant ?? null)
    if (cell !== null) cells.push(cell)
  }
  return { items: cells, total, nextCursor }
}

async function nodesOf({ source }: Workspace): Promise<object> {
  const report = (await source?.nodes()) ?? null
  if (report === null) return { at: Date.now(), nodes: [], queue: null }
  return nodesReportOf(report, source?.tenant ?? null)
}

function statisticsOf({ lists }: Workspace, query: Query, traces: TraceLibrary | null): object {
  const [calls, cells] = [lists.allCalls(), lists.allCells()]
  const tokens =
    traces === null ? null : (range: Parameters<typeof tokenStatistics>[2]) => tokenStatistics(traces, cells, range)
  return statistics({ calls, cells, tokens }, query)
}
