import type {
  CallItem,
  CallPage,
  CellItem,
  CellPage,
  Decision,
  DecisionPage,
  Overview,
  SessionItem,
  SessionPage,
} from '../api.ts'
import { addCalls, addCells, noCalls, noCells } from '../data/counts.ts'
import { comparePositions, pageOf, type Position, type Query } from '../data/paging.ts'
import { isUnsettled, type PendingSummary } from './indexed-session.ts'
import type { SessionIndex } from './session-index.ts'

type ListedCell = { readonly item: CellItem; readonly searched: string }
export type PendingItem = PendingSummary & { readonly sessionId: string }

type Sorted = {
  readonly revision: number
  readonly sessions: readonly SessionItem[]
  readonly cells: readonly ListedCell[]
  readonly calls: readonly CallItem[]
  readonly decisions: readonly Decision[]
  readonly pending: readonly PendingItem[]
  readonly totals: Omit<Overview, 'health'>
}

/** The lists of all sessions. They are sorted once per change, whatever the number of pages. */
export class Lists {
  readonly #index: SessionIndex
  #sorted: Sorted | null = null

  constructor(index: SessionIndex) {
    this.#index = index
  }

  overview(): Overview {
    return { health: this.#index.health, ...this.#current().totals }
  }

  sessions(query: Query): SessionPage {
    const [search, filter] = [query.text('search').toLowerCase(), query.text('filter')]
    const found = this.#current().sessions.filter(
      (session) => session.id.toLowerCase().includes(search) && isInFilter(session, filter),
    )
    return pageOf(found, sessionPosition, query)
  }

  cells(query: Query): CellPage {
    const [search, session] = [query.text('search').toLowerCase(), query.text('session')]
    const statuses = partsOf(query.text('status'))
    const counts = noCells()
    const found: CellItem[] = []
    for (const { item, searched } of this.#current().cells) {
      if ((session !== '' && item.sessionId !== session) || !searched.includes(search)) continue
      counts[item.status]++
      if (statuses.size === 0 || statuses.has(item.status)) found.push(item)
    }
    return { ...pageOf(found, cellPosition, query), counts }
  }

  calls(query: Query): CallPage {
    const [session, cell] = [query.text('session'), query.text('cell')]
    const [states, search] = [partsOf(query.text('state')), query.text('search').toLowerCase()]
    const found = this.#current().calls.filter(
      (call) =>
        (session === '' || call.sessionId === session) &&
        (cell === '' || call.cellId === cell) &&
        (states.size === 0 || states.has(call.state) || (states.has('unsettled') && isUnsettled(call))) &&
        `${call.key}\n${call.identifier}`.toLowerCase().includes(search),
    )
    if (query.text('order') !== 'oldest') return pageOf(found, callPosition, query)
    const position = (call: CallItem): Position => oldestFirst(callPosition(call))
    return pageOf(inOrder(found, position), position, query)
  }

  decisions(query: Query): DecisionPage {
    const [session, search] = [query.text('session'), query.text('search').toLowerCase()]
    const found = this.#current().decisions.filter(
      ({ sessionId, key, identifier, decidedBy }) =>
        (session === '' || sessionId === session) &&
        `${key}\n${identifier}\n${decidedBy ?? ''}`.toLowerCase().includes(search),
    )
    return pageOf(found, decisionPosition, query)
  }

  /** Returns the cells with pending calls, those that have waited longest first. */
  pending(query: Query): {
    readonly items: readonly PendingItem[]
    readonly total: number
    readonly nextCursor: string | null
  } {
    const [session, cell] = [query.text('session'), query.text('cell')]
    const search = query.text('search').toLowerCase()
    const found = this.#current().pending.filter(
      ({ sessionId, cellId, identifiers }) =>
        (session === '' || sessionId === session) &&
        (cell === '' || cellId === cell) &&
        [sessionId, ...identifiers].join('\n').toLowerCase().includes(search),
    )
    return pageOf(found, pendingPosition, query)
  }

  /** All calls, the newest first. */
  allCalls(): readonly CallItem[] {
    return this.#current().calls
  }

  allCells(): readonly CellItem[] {
    return this.#current().cells.map(({ item }) => item)
  }

  #current(): Sorted {
    const { revision } = this.#index
    if (this.#sorted?.revision !== revision) this.#sorted = sortedOf(this.#index, revision)
    return this.#sorted
  }
}

function sortedOf(index: SessionIndex, revision: number): Sorted {
  const all = [...index.sessions()]
  const sessions = all.map(({ item }) => item)
  return {
    revision,
    sessions: inOrder(sessions, sessionPosition),
    cells: inOrder(
      all.flatMap(({ cells, searched }) => cells.map((item, at) => ({ item, searched: searched[at] ?? '' }))),
      ({ item }) => cellPosition(item),
    ),
    calls: inOrder(
      all.flatMap(({ calls }) => calls),
      callPosition,
    ),
    decisions: inOrder(
      all.flatMap(({ decisions }) => decisions),
      decisionPosition,
    ),
    pending: inOrder(
      all.flatMap(({ item, pending }) => pending.map((summary) => ({ ...summary, sessionId: item.id }))),
      pendingPosition,
    ),
    totals: totalsOf(
      sessions,
      all.flatMap(({ pending }) => pending),
    ),
  }
}

function totalsOf(sessions: readonly SessionItem[], pending: readonly PendingSummary[]): Sorted['totals'] {
  const [cells, calls] = [noCells(), noCalls()]
  let [openSessions, unreadableSessions, approvals, unsettled] = [0, 0, 0, 0]
  for (const session of sessions) {
    if (session.type === 'unreadable') {
      unreadableSessions++
      continue
    }
    if (session.owner !== null) openSessions++
    approvals += session.approvals
    unsettled += session.unsettled
    addCells(cells, session.cells)
    addCalls(calls, session.calls)
  }
  const oldest = pending.reduce((least, { oldestAt }) => Math.min(least, oldestAt), Infinity)
  const oldestApprovalAt = oldest === Infinity ? null : oldest
  return {
    sessions: sessions.length,
    openSessions,
    unreadableSessions,
    cells,
    calls,
    approvals,
    oldestApprovalAt,
    unsettled,
  }
}

function inOrder<Item>(items: readonly Item[], positionOf: (item: Item) => Position): readonly Item[] {
  return items
    .map((item) => ({ item, position: positionOf(item) }))
    .toSorted((left, right) => comparePositions(left.position, right.position))
    .map(({ item }) => item)
}

function sessionPosition(session: SessionItem): Position {
  return { at: session.type === 'session' ? session.lastActivityAt : 0, name: session.id }
}

function cellPosition({ startedAt, sessionId, cellId }: CellItem): Position {
  return { at: startedAt, name: `${sessionId}/${String(Number.MAX_SAFE_INTEGER - Number(cellId))}` }
}

function callPosition({ startedAt, key, callId }: CallItem): Position {
  const number = Number(callId.slice('tool-'.length))
  return { at: startedAt ?? Number.MAX_SAFE_INTEGER, name: `${String(1e15 - number)} ${key}` }
}

function decisionPosition({ decidedAt, key }: Decision): Position {
  return { at: decidedAt, name: key }
}

function pendingPosition({ oldestAt, sessionId, cellId }: PendingItem): Position {
  return { at: -oldestAt, name: `${sessionId}/${cellId}` }
}

function oldestFirst({ at, name }: Position): Position {
  return { at: -at, name }
}

function isInFilter(session: SessionItem, filter: string): boolean {
  if (filter === '') return true
  if (session.type === 'unreadable') return filter === 'unreadable' || filter === 'attention'
  if (filter === 'open') return session.owner !== null
  if (filter === 'closed') return session.owner === null
  return filter === 'attention' && (session.approvals > 0 || session.unsettled > 0)
}

function partsOf(list: string): ReadonlySet<string> {
  return new Set(list.split(',').filter((part) => part !== ''))
}
