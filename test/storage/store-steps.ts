import type { CellEvent } from '../../src/protocol/event.ts'
import type { EnginePrint } from '../../src/protocol/engine-print.ts'
import type { StartCommand } from '../../src/protocol/command.ts'
import type { Journal } from '../../src/storage/journal.ts'
import {
  decisionTypes,
  undecided,
  type ApprovalRecord,
  type RecordedDecision,
} from '../../src/storage/approval-store.ts'
import type { CallState } from '../../src/storage/ledger.ts'
import type { CellStore, SessionStore } from '../../src/storage/session-store.ts'
import { SeededRandom } from '../faults/random.ts'

export const startCommand: StartCommand = {
  type: 'start',
  time: 1000,
  seed: 7,
  catalogue: 1,
  limits: {
    memoryMb: 64,
    cpuMs: 1000,
    stallMs: 1000,
    outputBytes: 1000,
    errorBytes: 1000,
    toolCalls: 100,
    pendingToolCalls: 10,
    pendingArgumentBytes: 1000,
    argumentBytes: 1000,
    jsonDepth: 10,
    notifications: 10,
    notificationBytes: 100,
    storedValueBytes: 100,
    storedBytes: 1000,
    storedKeys: 10,
    timers: 10,
    events: 1000,
  },
  places: 'none',
  body: '',
}

const engine: EnginePrint = {
  name: 'v8',
  version: '13.6',
  prelude: 'p',
  flags: '',
  icu: '77',
  tz: '2026a',
  timeZone: 'UTC',
  locale: 'en_US.UTF-8',
}

type OpenCell = { readonly store: CellStore; readonly journal: Journal; isFinished: boolean; calls: number }

const callEnds: readonly CallState[] = ['applied', 'failed', 'unknown']

/** Makes random writes to a store, as a session makes them. The same seed makes the same writes. */
export class StoreSteps {
  readonly store: SessionStore
  readonly #random: SeededRandom
  readonly #cells = new Map<number, OpenCell>()
  readonly #values = new Map<string, string>()
  readonly #texts: readonly string[]
  #count = 0
  #time = 2000

  /** `longText` is one of the strings that are written. */
  constructor(store: SessionStore, seed: number, longText: string = 'x'.repeat(500)) {
    this.store = store
    this.#random = new SeededRandom(seed)
    this.#texts = ['', 'a', '"quoted"', '\ud800 half', '日本', longText]
  }

  step(): void {
    const cells = [...this.#cells]
    if (cells.length === 0 || this.#random.below(8) === 0) return this.#begin()
    const [number, cell] = this.#random.pick(cells)
    if (cell.isFinished) return this.#afterEnd(number, cell)
    this.#random.pick([
      () => this.#call(cell),
      () => this.#call(cell),
      () => this.#emit(cell),
      () => this.#respond(cell),
      () => this.#timer(cell),
      () => this.#approve(number),
      () => this.#retain(number),
      () => this.#loadOutput(cell),
      () => cell.store.recordHostWait(this.#random.pick([null, 'no host'])),
      () => cell.journal.recordEngine({ ...engine, version: this.#random.pick(['13.6', '14.1']) }),
      () => cell.store.recordNotification(this.#random.below(5)),
      () => this.#finish(cell),
      () => this.#terminate(number, cell),
    ])()
  }

  #text(): string {
    return this.#random.pick(this.#texts)
  }

  #json(): string {
    return JSON.stringify(this.#text())
  }

  #begin(): void {
    const number = ++this.#count
    const source = `text(${this.#json()})`
    const body = source
    const request = this.#random.below(3) === 0 ? `r${number}` : null
    const store = this.store.begin({
      cellId: String(number),
      execCallId: this.#random.pick([null, 'call']),
      requestId: request,
      source,
      start: { ...startCommand, body },
      storedValues: new Map(this.#values),
      catalogue: this.#random.pick(['[]', `[${this.#json()}]`]),
    })
    this.#cells.set(number, { store, journal: store.journal({ ...startCommand, body }), isFinished: false, calls: 0 })
  }

  #call({ store, journal }: OpenCell): void {
    const { ledger } = store
    const call = 1 + this.#random.below(4)
    const input = this.#json()
    const known = ledger.find(call)
    const of = { call, identifier: 'send', input, location: null, isRevertible: call % 2 === 0, isReadOnly: call === 3 }
    if (known === null && this.#random.below(3) === 0) ledger.recordPending(of)
    else if (known === null || known.state === 'not_started')
      ledger.recordStart({ ...of, input: known === null ? input : known.input })
    else if (known.state === 'started' && this.#random.below(3) === 0) {
      ledger.recordDeferred(call, {
        note: this.#random.pick([null, 'a review']),
        expiresAt: this.#random.pick([null, 9]),
      })
    } else if (known.state === 'deferred' && this.#random.below(2) === 0) {
      const id = this.#random.pick([null, 'r1', 'r2'])
      ledger.recordProvided(call, { id, type: 'tool_response', body: this.#json(), at: 7 })
    } else if (known.state === 'started' || known.state === 'deferred') {
      const body = this.#json()
      const state = this.#random.pick(callEnds)
      if (this.#random.below(4) > 0) journal.append({ type: 'tool_response', time: this.#time++, id: call, body })
      ledger.recordEnd(call, { state, note: state === 'applied' ? null : this.#text().toWellFormed(), result: body })
    } else if (ledger.revertible(call) !== null && this.#random.below(2) === 0) {
      ledger.recordRevert(call, {
        type: this.#random.pick(['reverted', 'failed', 'unknown']),
        at: 5,
        note: this.#text().toWellFormed(),
      })
    } else ledger.recordEnd(call, { state: 'applied', note: 'late', result: this.#json() })
  }

  #emit({ store, journal }: OpenCell): void {
    const event: Extract<CellEvent, { readonly type: 'text' }> = { type: 'text', body: this.#text() }
    journal.fingerprints.add(event)
    // The events of a running cell are on record after its next barrier.
    void store.barrier()
  }

  #respond({ store }: Pick<OpenCell, 'store'>): void {
    const requestId = this.#random.pick([null, 'q1', 'q2'])
    const outcome = { type: 'yielded', text: this.#text().toWellFormed() }
    store.recordResponse({ requestId, outcome, delivered: this.#random.below(9) })
  }

  #timer({ store, journal }: OpenCell): void {
    const id = 1 + this.#random.below(5)
    if (this.#random.below(2) === 0) store.recordTimer(id, { due: this.#time + 50, delay: 50 })
    else journal.append({ type: 'timeout_fired', time: this.#time++, id })
  }

  #approve(number: number): void {
    const { approvals } = this.store
    const state = this.#random.pick(['pending', 'allowed', 'denied'] as const)
    const record = { cellId: String(number), call: 1 + this.#random.below(3), key: 'k', identifier: 'send' }
    const decidedAt = state === 'pending' ? null : 6
    const about = {
      inputHash: 'h',
      toolDigest: 'd',
      state,
      reason: this.#random.pick([null, 'no']),
      askedAt: 4,
      decidedAt,
      ...this.#decision(state),
    }
    if (this.#random.below(2) === 0) approvals.save({ ...record, ...about })
    else approvals.save({ ...record, ...about }, this.#json())
    const cellId = this.#random.pick([null, String(number)])
    if (this.#random.below(2) === 0)
      approvals.saveGrant({ cellId, identifier: 'send', toolDigest: 'd', left: this.#random.below(5) })
  }

  #decision(state: ApprovalRecord['state']): RecordedDecision {
    if (state === 'pending' || this.#random.below(3) === 0) return undecided
    return {
      decision: this.#random.pick(decisionTypes),
      grantedCalls: this.#random.pick([null, 3]),
      requestId: this.#random.pick([null, 'r']),
      decidedBy: this.#random.pick([null, 'ann']),
    }
  }

  #retain(number: number): void {
    const text = this.#text().toWellFormed()
    const entry = { text, bytes: text.length, isWhole: true, isCut: this.#random.below(2) === 0, isOver: false }
    this.store.retainOutput({ cellId: String(number), entry: this.#random.below(4) === 0 ? null : entry })
  }

  #loadOutput({ journal }: OpenCell): void {
    const text = this.#random.pick([null, 'output'])
    journal.retainedOutput(1 + this.#random.below(3), () => text)
  }

  #finish(cell: OpenCell): void {
    const values: readonly (readonly [string, string])[][] = [
      [],
      [['a', this.#json()]],
      [
        ['b', '1'],
        ['a', '2'],
      ],
    ]
    const writes = new Map(this.#random.pick(values))
    const errorText = this.#random.pick([null, 'failed'])
    const items = [{ type: 'input_text', text: this.#text().toWellFormed() } as const]
    cell.store.recordEnd({ errorText, limit: null, remarks: [], items }, writes)
    for (const [key, json] of writes) this.#values.set(key, json)
    cell.isFinished = true
  }

  #afterEnd(number: number, { store }: OpenCell): void {
    if (this.#random.below(3) === 0) return this.#respond({ store })
    this.#close(number, store, this.#random.pick(['completed', 'failed'] as const))
  }

  #terminate(number: number, { store }: OpenCell): void {
    this.#close(number, store, 'terminated')
  }

  #close(number: number, store: CellStore, ending: 'completed' | 'failed' | 'terminated'): void {
    store.transaction(() => {
      store.recordResponse({ requestId: 'last', outcome: { type: ending }, delivered: 9 })
      store.recordEnding(ending)
    })
    store.release()
    this.#cells.delete(number)
  }
}
