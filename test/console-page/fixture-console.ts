import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import type {
  CallItem,
  CellCounts,
  CellItem,
  ConsoleEvent,
  DecideRequest,
  Decision,
  Me,
  NodeItem,
  Overview,
  PendingCell,
  SessionItem,
} from '../../src/console/api.ts'
import { callDetail, cellDetail, me, noCalls, noCells, statistics, type FixtureCell } from './fixture-data.ts'

const builtPage = new URL('../../dist/console/index.html', import.meta.url)

/** The data of a console, which tests change. */
export type FixtureState = {
  user: Me
  /** Null: no token is needed. */
  token: string | null
  cells: FixtureCell[]
  sessions: SessionItem[]
  calls: CallItem[]
  pending: PendingCell[]
  decisions: Decision[]
  nodes: NodeItem[]
  /** The received requests: the paths and bodies of `POST` requests. */
  readonly posts: { readonly path: string; readonly body: unknown }[]
}

export type FixtureConsole = AsyncDisposable & {
  readonly url: string
  readonly state: FixtureState
  /** Sends an event about changed cells, approvals or calls to all pages. */
  readonly change: (change: {
    readonly cells?: readonly FixtureCell[]
    readonly approvals?: boolean
    readonly calls?: boolean
  }) => void
  readonly send: (event: ConsoleEvent) => void
  /** Decides about a call as another approver. */
  readonly decideAs: (name: string, key: string, change?: Partial<Decision>) => void
  /** Closes all connections and the port. */
  readonly stop: () => Promise<void>
  /** Listens at the same port again. */
  readonly start: () => Promise<void>
}

/** A server with the API of the console and data in memory, for states that are hard to reach with sessions. */
export async function startFixtureConsole(initial: Partial<FixtureState> = {}): Promise<FixtureConsole> {
  const state: FixtureState = {
    user: me(),
    token: null,
    cells: [],
    sessions: [],
    calls: [],
    pending: [],
    decisions: [],
    nodes: [],
    posts: [],
    ...initial,
  }
  const streams = new Set<ServerResponse>()
  const send = (event: ConsoleEvent): void => {
    for (const stream of streams) stream.write(`data: ${JSON.stringify(event)}\n\n`)
  }
  const change: FixtureConsole['change'] = ({ cells = [], approvals = false, calls = false }) => {
    for (const cell of cells) {
      const index = state.cells.findIndex(
        ({ cellId, sessionId }) => cellId === cell.cellId && sessionId === cell.sessionId,
      )
      if (index < 0) state.cells.unshift(cell)
      else state.cells[index] = cell
    }
    const more = { sessions: false, cells: false }
    const items = cells.map(itemOf)
    send({
      type: 'changed',
      overview: overviewOf(state),
      sessions: [],
      removedSessions: [],
      cells: items,
      more,
      approvals,
      calls,
    })
  }
  const decide = (name: string, key: string, decided: Partial<Decision>): Decision | null => {
    const found = pendingCalls(state).find((each) => each.key === key)
    if (found === undefined) return null
    const decision: Decision = { ...decisionOf(found, name), ...decided }
    state.decisions.unshift(decision)
    state.pending = withoutCall(state.pending, key)
    return decision
  }
  const context: Context = { state, streams, decide, change }
  let server = await listen(0, context)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const { port } = address
  const stop = async (): Promise<void> => {
    streams.clear()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    state,
    change,
    send,
    decideAs(name, key, decided = {}) {
      decide(name, key, decided)
      change({ approvals: true })
    },
    stop,
    async start() {
      server = await listen(port, context)
    },
    [Symbol.asyncDispose]: stop,
  }
}

type Context = {
  readonly state: FixtureState
  readonly streams: Set<ServerResponse>
  readonly decide: (name: string, key: string, change: Partial<Decision>) => Decision | null
  readonly change: FixtureConsole['change']
}

async function listen(port: number, context: Context): Promise<Server> {
  const server = createServer((request, response) => void handle(request, response, context))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fixture')
  const { state, streams } = context
  const reply = (value: object, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  if (url.pathname === '/') {
    response.setHeader('content-type', 'text/html').end(readFileSync(builtPage))
    return
  }
  const body = request.method === 'POST' ? await bodyOf(request) : null
  if (body !== null) state.posts.push({ path: url.pathname, body })
  const isLoggedIn = state.token === null || (request.headers.cookie ?? '').includes(`login=${state.token}`)
  if (url.pathname === '/api/login') {
    if (body !== null && Reflect.get(body, 'token') !== state.token)
      return reply(errorOf('UNAUTHENTICATED', 'The token is wrong'), 401)
    response.setHeader('set-cookie', `login=${state.token}; HttpOnly; SameSite=Strict`)
    return reply(state.user)
  }
  if (!isLoggedIn) return reply(errorOf('UNAUTHENTICATED', 'Log in first'), 401)
  if (url.pathname === '/api/logout') {
    response.setHeader('set-cookie', 'login=; Max-Age=0')
    return reply({ type: 'done' })
  }
  if (url.pathname === '/api/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const hello: ConsoleEvent = { type: 'hello', overview: overviewOf(state) }
    response.write(`data: ${JSON.stringify(hello)}\n\n`)
    streams.add(response)
    response.on('close', () => streams.delete(response))
    return undefined
  }
  const value = body === null ? read(url, state) : act(url.pathname, body, context)
  return value === null ? reply(errorOf('NOT_FOUND', `Cannot find ${url.pathname}`), 404) : reply(value)
}

function read({ pathname, searchParams }: URL, state: FixtureState): object | null {
  const query = (name: string): string => searchParams.get(name) ?? ''
  switch (pathname) {
    case '/api/me':
      return state.user
    case '/api/cells': {
      const matching = state.cells.filter(
        (cell) =>
          (query('session') === '' || cell.sessionId === query('session')) &&
          `${cell.source} ${cell.sessionId}`.includes(query('search')),
      )
      const statuses = query('status').split(',')
      const wanted = matching.filter(({ status }) => query('status') === '' || statuses.includes(status))
      return { ...pageOf(wanted.map(itemOf), searchParams), counts: countsOf(matching) }
    }
    case '/api/cell': {
      const found = state.cells.find((cell) => cell.sessionId === query('session') && cell.cellId === query('cell'))
      return found === undefined ? null : cellDetail(found)
    }
    case '/api/sessions':
      return pageOf(
        state.sessions.filter(({ id }) => id.includes(query('search'))),
        searchParams,
      )
    case '/api/session':
      return state.sessions.find(({ id }) => id === query('session')) ?? null
    case '/api/calls': {
      const states = query('state').split(',')
      const wanted = state.calls.filter(
        (call) =>
          (query('session') === '' || call.sessionId === query('session')) &&
          (query('cell') === '' || call.cellId === query('cell')) &&
          (query('state') === '' || states.includes(call.state) || (states.includes('unsettled') && isUnsettled(call))),
      )
      return pageOf(wanted, searchParams)
    }
    case '/api/call': {
      const found = state.calls.find(({ key }) => key === query('key'))
      return found === undefined ? null : callDetail(found)
    }
    case '/api/approvals':
      return pageOf(state.pending, searchParams)
    case '/api/decisions':
      return pageOf(state.decisions, searchParams)
    case '/api/nodes':
      return { at: Date.now(), nodes: state.nodes, queue: state.nodes.length === 0 ? null : queue }
    case '/api/statistics':
      return statistics(Date.now())
    default:
      return null
  }
}

const queue = {
  due: 3,
  dueSince: null,
  abandoned: 0,
  abandonedSince: null,
  waiting: 31,
  nextDueAt: null,
  inbox: 0,
  parkedSessions: [],
  needs: [],
}

function act(path: string, body: object, { state, decide, change }: Context): object | null {
  if (path === '/api/decide' && isDecide(body)) {
    const { decision } = body
    const results = body.calls.map(({ key }) => {
      const changed: Partial<Decision> = {
        state: decision.type === 'deny' ? 'denied' : 'allowed',
        decision: decision.type,
        reason: decision.type === 'deny' ? (decision.reason ?? null) : null,
      }
      if (decide(state.user.name, key, changed) !== null) return { type: 'decided', key }
      const first = state.decisions.find((each) => each.key === key) ?? null
      const error = { code: 'APPROVAL_NOT_PENDING', message: 'The call has another decision', advice: null }
      return { type: 'refused', key, error, first }
    })
    setImmediate(() => change({ approvals: true }))
    return { results, error: null }
  }
  if (path === '/api/settle') {
    const index = state.calls.findIndex(({ key }) => key === Reflect.get(body, 'key'))
    const found = state.calls[index]
    if (found === undefined) return null
    const { type, note = null } = Reflect.get(body, 'settlement')
    state.calls[index] = { ...found, settled: { type, by: state.user.name, at: Date.now(), note } }
    setImmediate(() => change({ calls: true }))
    return { type: 'settled' }
  }
  if (path === '/api/terminate') return { type: 'requested' }
  if (path === '/api/revert') {
    const revert = { callId: '1-1', key: 'key-1', identifier: 'send_mail', type: 'not_revertible', text: null }
    return { calls: [revert, { ...revert, key: 'key-2', identifier: 'note', type: 'reverted' }] }
  }
  return path === '/api/provide' ? { type: 'done' } : null
}

function isDecide(body: object): body is DecideRequest {
  return 'calls' in body && 'decision' in body
}

function isUnsettled({ state, settled }: CallItem): boolean {
  return state === 'unknown' && settled === null
}

function itemOf({ source: _source, lines: _lines, ...item }: FixtureCell): CellItem {
  return item
}

/** Returns a page; a cursor is the number of items before it. */
function pageOf(items: readonly unknown[], query: URLSearchParams): object {
  const first = Number(query.get('cursor') ?? 0)
  const end = first + Number(query.get('limit') ?? 50)
  return { items: items.slice(first, end), total: items.length, nextCursor: end < items.length ? String(end) : null }
}

function countsOf(cells: readonly FixtureCell[]): CellCounts {
  const counts: { -readonly [Status in keyof CellCounts]: number } = { ...noCells }
  for (const { status } of cells) counts[status] += 1
  return counts
}

function overviewOf(state: FixtureState): Overview {
  return {
    health: { type: 'ok', at: Date.now() },
    sessions: state.sessions.length,
    openSessions: state.sessions.length,
    unreadableSessions: 0,
    cells: countsOf(state.cells),
    calls: noCalls,
    approvals: pendingCalls(state).length,
    oldestApprovalAt: null,
    unsettled: state.calls.filter(isUnsettled).length,
  }
}

type Pending = { readonly key: string; readonly callId: string; readonly identifier: string; readonly askedAt: number }

function pendingCalls({ pending }: FixtureState): readonly (Pending & Pick<PendingCell, 'sessionId' | 'cellId'>)[] {
  return pending.flatMap(({ sessionId, cellId, groups, tooLong }) =>
    [...groups.flatMap(({ calls }) => calls), ...tooLong].map((call) => ({ ...call, sessionId, cellId })),
  )
}

function decisionOf(call: Pending & Pick<PendingCell, 'sessionId' | 'cellId'>, decidedBy: string): Decision {
  const { sessionId, cellId, callId, key, identifier, askedAt } = call
  const decided = { state: 'allowed', decision: 'allow', grantedCalls: null, reason: null, decidedBy } as const
  return { sessionId, cellId, callId, key, identifier, askedAt, decidedAt: Date.now(), ...decided }
}

function withoutCall(pending: readonly PendingCell[], key: string): PendingCell[] {
  return pending.flatMap((cell) => {
    const groups = cell.groups.flatMap((group) => {
      const calls = group.calls.filter((call) => call.key !== key)
      return calls.length === 0 ? [] : [{ ...group, calls }]
    })
    const tooLong = cell.tooLong.filter((call) => call.key !== key)
    return groups.length + tooLong.length === 0 ? [] : [{ ...cell, groups, tooLong }]
  })
}

function errorOf(code: string, message: string): object {
  return { error: { code, message, advice: null } }
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}')
  return typeof value === 'object' && value !== null ? value : {}
}
