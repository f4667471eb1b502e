import type {
  ApprovalPage,
  ConsoleDecision,
  DecideResult,
  Decision,
  LongText,
  PendingCall,
  PendingCell,
  PendingGroup,
} from '../../../src/console/api.ts'
import { failureOf, get, newRequestId, post, type ApiFailure } from '../data/api.ts'
import { announce } from '../parts/announcer.tsx'

/** The end of a call that waited. `gone`: the call has no decision, such as after its cell ended. */
export type Outcome =
  | { readonly type: 'decided'; readonly decision: Decision }
  | { readonly type: 'mine'; readonly decision: ConsoleDecision }
  | { readonly type: 'gone'; readonly message: string | null }

/** Calls of one tool and line, as they were when they were shown. New calls get a group of their own. */
export type Group = {
  readonly id: string
  readonly sessionId: string
  readonly cellId: string
  readonly identifier: string
  readonly title: string
  readonly line: number | null
  readonly hint: PendingGroup['hint']
  readonly calls: readonly (Omit<PendingCall, 'shown' | 'input'> & Partial<Pick<PendingCall, 'shown' | 'input'>>)[]
  /** Whether its inputs are too long to show, so that the calls can be denied only. */
  readonly isTooLong: boolean
  readonly outcomes: Map<string, Outcome>
  /** The decision that is on its way, or that could not be sent. Its repetition has the same id. */
  sent: { readonly decision: ConsoleDecision; readonly requestId: string; failure: ApiFailure | null } | null
  /** Texts that the user has typed. */
  draft: { readonly reason: string; readonly calls: string; readonly panel: 'none' | 'deny' | 'more' }
}

/** The groups of one cell that arrived together. */
export type Card = {
  readonly id: string
  readonly sessionId: string
  readonly cellId: string
  readonly source: LongText
  readonly oldestAt: number
  readonly groups: readonly Group[]
}

const pageLimit = 50
const maxPages = 4
const maxSettledCards = 30

/** The pending calls. Cards keep their positions and contents, whatever others decide, so that no button moves under the pointer. */
export class Inbox {
  cards: readonly Card[] = []
  failure: ApiFailure | null = null
  isReady = false
  /** The number of calls that wait and are not shown. */
  later = 0
  readonly #onChange: () => void
  #nextId = 1
  #isBusy = false
  #isRequested = false

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Loads the pending calls; at most one request at a time. */
  async refresh(): Promise<void> {
    this.#isRequested = true
    if (this.#isBusy) return
    this.#isBusy = true
    while (this.#isRequested) {
      this.#isRequested = false
      try {
        await this.#load()
        this.failure = null
      } catch (error) {
        this.failure = failureOf(error)
      }
      this.#onChange()
    }
    this.#isBusy = false
  }

  /** Removes the cards without pending calls. */
  clear(): void {
    this.cards = this.cards.filter((card) => !isSettled(card))
    this.#onChange()
  }

  setDraft(group: Group, change: Partial<Group['draft']>): void {
    group.draft = { ...group.draft, ...change }
    this.#onChange()
  }

  /** Sends a decision about the open calls of a group. Does nothing while another one is on its way. */
  async decide(group: Group, decision: ConsoleDecision): Promise<void> {
    if (group.sent !== null && group.sent.failure === null) return
    const isAgain = group.sent !== null && JSON.stringify(group.sent.decision) === JSON.stringify(decision)
    const requestId = isAgain && group.sent !== null ? group.sent.requestId : newRequestId()
    const calls = openCalls(group)
    if (calls.length === 0) return
    group.sent = { decision, requestId, failure: null }
    this.#onChange()
    try {
      const { results } = await post('/api/decide', {
        sessionId: group.sessionId,
        calls: calls.map(({ key, inputHash, toolDigest }) => ({ key, inputHash, toolDigest })),
        decision,
        requestId,
      })
      for (const result of results) settle(group, result, decision)
      group.sent = null
      announce(`${group.title}: ${summaryOf(group)}`)
    } catch (error) {
      group.sent = { decision, requestId, failure: failureOf(error) }
    }
    this.#onChange()
    void this.refresh()
  }

  async #load(): Promise<void> {
    const cells: PendingCell[] = []
    let cursor: string | null = null
    for (let page = 0; page < maxPages && (page === 0 || cursor !== null); page++) {
      const loaded: ApprovalPage = await get('/api/approvals', { limit: pageLimit, cursor })
      cells.push(...loaded.items)
      cursor = loaded.nextCursor
    }
    this.later = cells.reduce((sum, { later }) => sum + later, 0)
    const pending = new Set(cells.flatMap((cell) => callsOf(cell).map(({ key }) => `${cell.sessionId} ${key}`)))
    await this.#settleMissing(pending, cursor === null)
    this.#addNew(cells)
    this.isReady = true
  }

  /** Looks up who decided about calls that no longer wait. */
  async #settleMissing(pending: ReadonlySet<string>, isComplete: boolean): Promise<void> {
    if (!isComplete) return
    const missing = this.cards
      .flatMap(({ groups }) => groups)
      .filter((group) => group.sent === null)
      .flatMap((group) => openCalls(group).map(({ key }) => ({ group, key })))
      .filter(({ group, key }) => !pending.has(`${group.sessionId} ${key}`))
    const bySession = Map.groupBy(missing, ({ group }) => group.sessionId)
    for (const [session, calls] of bySession) {
      const { items } = await get('/api/decisions', { session, limit: 200 })
      const byKey = new Map(items.map((decision) => [decision.key, decision]))
      const touched = new Set<Group>()
      for (const { group, key } of calls) {
        const decision = byKey.get(key)
        touched.add(group)
        group.outcomes.set(
          key,
          decision === undefined ? { type: 'gone', message: null } : { type: 'decided', decision },
        )
      }
      for (const group of touched) announce(`${group.title}: ${summaryOf(group)}`)
    }
  }

  #addNew(cells: readonly PendingCell[]): void {
    const known = new Set(
      this.cards.flatMap(({ sessionId, groups }) =>
        groups.flatMap(({ calls }) => calls.map(({ key }) => `${sessionId} ${key}`)),
      ),
    )
    const added = cells.flatMap((cell) => {
      const card = this.#cardOf(cell, known)
      return card === null ? [] : [card]
    })
    if (added.length === 0) return
    for (const { groups, cellId } of added) {
      for (const { title } of groups) announce(`New pending calls: ${title} in cell ${cellId}`)
    }
    const settled = this.cards.filter(isSettled)
    const old = new Set(settled.slice(0, Math.max(0, settled.length - maxSettledCards)))
    this.cards = [...this.cards.filter((card) => !old.has(card)), ...added]
  }

  #cardOf(cell: PendingCell, known: ReadonlySet<string>): Card | null {
    const { sessionId, cellId } = cell
    const isNew = ({ key }: { readonly key: string }): boolean => !known.has(`${sessionId} ${key}`)
    const groups = cell.groups.flatMap((group) => {
      const calls = group.calls.filter(isNew)
      const title = calls.length === group.calls.length ? group.title : titleOf(group, calls.length)
      return calls.length === 0 ? [] : [this.#groupOf(cell, { ...group, calls, title, isTooLong: false })]
    })
    const long = Map.groupBy(cell.tooLong.filter(isNew), ({ identifier }) => identifier)
    for (const [identifier, calls] of long) {
      const group = { identifier, line: calls[0]?.location?.line ?? null, hint: null, calls, isTooLong: true }
      groups.push(this.#groupOf(cell, { ...group, title: titleOf(group, calls.length) }))
    }
    const id = `card-${this.#nextId++}`
    return groups.length === 0 ? null : { id, sessionId, cellId, source: cell.source, oldestAt: cell.oldestAt, groups }
  }

  #groupOf(
    { sessionId, cellId }: PendingCell,
    group: Pick<Group, 'identifier' | 'title' | 'line' | 'hint' | 'calls' | 'isTooLong'>,
  ): Group {
    const draft = { reason: '', calls: '20', panel: 'none' } as const
    return { ...group, id: `group-${this.#nextId++}`, sessionId, cellId, outcomes: new Map(), sent: null, draft }
  }
}

export function openCalls({ calls, outcomes }: Group): Group['calls'] {
  return calls.filter(({ key }) => !outcomes.has(key))
}

export function isSettled({ groups }: Card): boolean {
  return groups.every((group) => group.sent === null && openCalls(group).length === 0)
}

function callsOf({ groups, tooLong }: PendingCell): readonly { readonly key: string }[] {
  return [...groups.flatMap(({ calls }) => calls), ...tooLong]
}

function titleOf({ identifier, line }: Pick<PendingGroup, 'identifier' | 'line'>, count: number): string {
  return `${count === 1 ? '1 call' : `${count} calls`} of tools.${identifier}${line === null ? '' : ` from line ${line}`}`
}

function settle(group: Group, result: DecideResult, decision: ConsoleDecision): void {
  if (result.type === 'decided') group.outcomes.set(result.key, { type: 'mine', decision })
  else if (result.first !== null) group.outcomes.set(result.key, { type: 'decided', decision: result.first })
  else group.outcomes.set(result.key, { type: 'gone', message: result.error.message })
}

/** Returns the outcomes of a group as one sentence, for announcements. */
function summaryOf(group: Group): string {
  const texts = new Set([...group.outcomes.values()].map(outcomeText))
  return [...texts].join('; ')
}

export function outcomeText(outcome: Outcome): string {
  if (outcome.type === 'gone') return outcome.message ?? 'no longer waits for a decision: its cell ended or continued'
  if (outcome.type === 'mine') {
    const { decision } = outcome
    if (decision.type === 'deny') return `you denied it${decision.reason === undefined ? '' : `: ${decision.reason}`}`
    return `you allowed ${coverage(decision.type, decision.type === 'allow_in_cell' ? decision.calls : null)}`
  }
  const { state, decidedBy, decision, grantedCalls, reason } = outcome.decision
  const by = decidedBy === null ? 'another approver' : decidedBy
  if (state === 'denied') return `denied by ${by}${reason === null ? '' : `: ${reason}`}`
  return `allowed by ${by}: ${coverage(decision ?? 'allow', grantedCalls)}`
}

function coverage(type: ConsoleDecision['type'], calls: number | null): string {
  if (type === 'allow_in_cell') return `up to ${calls ?? 'several'} calls in the cell`
  return type === 'allow_in_session' ? 'all calls of the tool in the session' : 'this call'
}
