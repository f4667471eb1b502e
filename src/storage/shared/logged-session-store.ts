import { createHash, randomUUID } from 'node:crypto'
import type { CodecellError } from '../../errors.ts'
import { isOutcomeLimitName } from '../../protocol/cell-limits.ts'
import { isRecord } from '../../protocol/json.ts'
import { parseRemarks } from '../../protocol/remark.ts'
import type { ApprovalStore } from '../approval-store.ts'
import { itemsOf } from '../disk/database/parse-rows.ts'
import type { CellLedger, LedgerEntry } from '../ledger.ts'
import { sessionText } from '../logs/log-errors.ts'
import type { OpenLog } from '../logs/session-logs.ts'
import { TextQuota } from '../memory/spillable-texts.ts'
import { demandHere } from '../session-move.ts'
import type {
  Barrier,
  CellEnd,
  CellEnding,
  CellProgress,
  CellStore,
  NewCell,
  RetainedEntry,
  RetainedRecord,
  Inbox,
  SessionClosing,
  SessionStore,
  StoredCell,
  StoredNotices,
} from '../session-store.ts'
import { malformed } from './records/field-reader.ts'
import { LoggedApprovals } from './logged-approvals.ts'
import { LoggedInbox } from './logged-inbox.ts'
import { LoggedCellStore } from './logged-cell-store.ts'
import { ledgerEntriesOf, LoggedLedger, type LoggedLedgerParts } from './logged-ledger.ts'
import { RecordLog } from './record-log.ts'
import { responseKey, SessionState, type StateCell, type StateEnd } from './state/session-state.ts'

/** Limits of the journals of a session: memory in characters, temporary files in bytes. */
export type LoggedStoreLimits = { readonly maxReplayCharsInMemory: number; readonly maxSpillBytes: number }

/** A session in a shared log. Its state is in memory; each write is also a record of the log. */
export class LoggedSessionStore implements SessionStore {
  readonly id: string
  readonly isDurable = true
  readonly approvals: ApprovalStore
  readonly inbox: Inbox
  readonly #log: RecordLog
  readonly #token: string = randomUUID().slice(0, 8)

  private constructor(id: string, log: RecordLog) {
    this.id = id
    this.#log = log
    this.approvals = new LoggedApprovals(log)
    this.inbox = new LoggedInbox(log)
  }

  /**
   * Reads a log, and returns the store of its session.
   *
   * @throws {CodecellError} `SESSION_INVALID`, `SESSION_MOVED`, `STORE_UNREACHABLE`
   */
  static async open(log: OpenLog, limits: LoggedStoreLimits): Promise<LoggedSessionStore> {
    const { maxReplayCharsInMemory: memory, maxSpillBytes: disk } = limits
    const state = new SessionState(new TextQuota({ memory, disk }))
    try {
      const records = await RecordLog.open(log, state)
      demandHere(sessionText(log.name), state.move)
      return new LoggedSessionStore(log.name.id, records)
    } catch (error) {
      state.close()
      throw error
    }
  }

  get #state(): SessionState {
    return this.#log.state
  }

  get epoch(): number {
    return this.#state.epoch
  }

  get engine(): string | null {
    return this.#state.engine
  }

  recordEngine(engine: string): void {
    this.#log.write({ type: 'engine', cell: 0, name: engine })
  }

  readonly timeAt = (monotonic: number): number => this.#log.timeAt(monotonic)

  get cellCount(): number {
    return Math.max(0, ...this.#state.cells.keys())
  }

  get storedValues(): ReadonlyMap<string, string> {
    return this.#state.storedValues
  }

  unfinished(): readonly StoredCell[] {
    return [...this.#state.openCells.values()]
      .toSorted((left, right) => left.begun.cell - right.begun.cell)
      .map((cell) => this.#storedCell(cell))
  }

  #storedCell(cell: StateCell): StoredCell {
    const { begun, start, storedValues, end, hostWait } = cell
    const catalogue = this.#state.catalogues.get(begun.catalogue)
    if (catalogue === undefined) throw malformed(`cell ${begun.cell} names tools that have no record`)
    // Host failures of an earlier owner do not concern this one.
    if (hostWait !== null) this.#log.tryWrite({ type: 'host', cell: begun.cell, reason: null, engine: null })
    return {
      cellId: String(begun.cell),
      execCallId: begun.execCallId,
      source: begun.source,
      start,
      storedValues,
      catalogue,
      state: end === null ? { type: 'running', memory: progressOf(cell) } : { type: 'finished', end: endOf(end) },
      store: new LoggedCellStore(this.#partsOf(begun.cell)),
    }
  }

  #partsOf(cell: number): Omit<LoggedLedgerParts, 'flush'> {
    return { log: this.#log, sessionId: this.id, cell, token: this.#token }
  }

  endings(): Iterable<readonly [cellId: string, ending: CellEnding]> {
    return [...this.#state.cells]
      .toSorted(([left], [right]) => left - right)
      .flatMap(([cell, { ending }]) => (ending === null ? [] : [[String(cell), ending] as const]))
  }

  retainedOutputs(): Iterable<readonly [cellId: string, entry: RetainedEntry]> {
    return [...this.#state.retained].map(([cell, entry]) => [String(cell), retainedEntryOf(entry)] as const)
  }

  get hasFailed(): boolean {
    return this.#log.hasFailed
  }

  notices(): readonly StoredNotices[] {
    return [...this.#state.cells.values()]
      .filter(({ notices }) => notices.length > 0)
      .map(({ begun, notices }) => ({
        cellId: String(begun.cell),
        execCallId: begun.execCallId,
        texts: [...notices],
      }))
  }

  recordNotice(cellId: string, text: string | null): void {
    const cell = Number(cellId)
    if (this.#state.cells.has(cell)) this.#log.tryWrite({ type: 'notice', cell, text })
  }

  clientState(): string | null {
    return this.#state.client
  }

  recordClientState(json: string): void {
    this.#log.write({ type: 'client', cell: 0, json })
  }

  retainOutput({ cellId, entry }: RetainedRecord): void {
    const json = entry === null ? null : JSON.stringify(entry)
    this.#log.tryWrite({ type: 'retained', cell: Number(cellId), entry: json })
  }

  begin({ cellId, execCallId, requestId, source, start, catalogue }: NewCell): CellStore {
    const digest = createHash('sha256').update(catalogue).digest('hex')
    const { body: _body, ...rest } = start
    const cell = Number(cellId)
    this.#log.transaction(() => {
      if (!this.#state.catalogues.has(digest)) {
        this.#log.write({ type: 'catalogue', cell: 0, digest, json: catalogue })
      }
      const fields = { cell, execCallId, requestId, source, start: JSON.stringify(rest), catalogue: digest }
      this.#log.write({ type: 'begun', ...fields })
    })
    return new LoggedCellStore(this.#partsOf(cell))
  }

  responseTo(requestId: string, cellId: string | null): unknown {
    const cell = cellId === null ? this.#state.requests.get(requestId) : Number(cellId)
    const found = cell === undefined ? undefined : this.#state.responses.get(responseKey(requestId, cell))
    return found === undefined ? undefined : parseJson(found.outcome)
  }

  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null {
    const found = this.#state.cells.get(this.#state.requests.get(requestId) ?? 0)
    return found === undefined ? null : { cellId: String(found.begun.cell), source: found.begun.source }
  }

  ledger(cellId: string | null): readonly LedgerEntry[] {
    return [...this.#state.cells]
      .filter(([cell]) => cellId === null || cell === Number(cellId))
      .toSorted(([left], [right]) => left - right)
      .flatMap(([cell, { calls }]) => ledgerEntriesOf(cell, calls))
  }

  ledgerOf(cellId: string): CellLedger | null {
    const cell = Number(cellId)
    return this.#state.cells.has(cell) ? new LoggedLedger({ ...this.#partsOf(cell), flush: ignore }) : null
  }

  onLost(callback: (error: CodecellError) => void): void {
    this.#log.onLost(callback)
  }

  onBacklog(callback: (isLong: boolean) => void): void {
    this.#log.onBacklog(callback)
  }

  checkOwner(): void {
    this.#log.checkOwner()
  }

  barrier(): Barrier {
    return this.#log.barrier()
  }

  beginClose(): void {
    this.#log.beginClose()
  }

  async close({ isDue }: SessionClosing = { isDue: false }): Promise<void> {
    await this.#log.close(isDue)
    this.#state.close()
  }
}

function ignore(): void {}

function progressOf({ start, delivered, notified, journal }: StateCell): CellProgress {
  const responses = new Map<number, { type: 'tool_response' | 'tool_error'; body: string }>()
  const firedTimers = new Set<number>()
  let lastTime = start.time
  for (const command of journal?.journal.commands() ?? []) {
    lastTime = command.time
    if (command.type === 'timeout_fired') firedTimers.add(command.id)
    else responses.set(command.id, { type: command.type, body: command.body })
  }
  const recordedTimers = new Set(journal?.recordedTimers.keys())
  return { delivered, notified, responses, firedTimers, recordedTimers, lastTime }
}

function endOf({ isTerminated, errorText, limit, remarks, items }: StateEnd): CellEnd {
  if (limit !== null && !isOutcomeLimitName(limit)) throw malformed(`unknown limit ${JSON.stringify(limit)}`)
  return {
    isTerminated,
    errorText,
    limit,
    remarks: parseRemarks(parseJson(remarks)),
    items: itemsOf(parseJson(items), 'the log of the session'),
  }
}

function retainedEntryOf(json: string): RetainedEntry {
  const entry = parseJson(json)
  if (!isRecord(entry)) throw malformed('a retained output is not an object')
  const { text, bytes, isWhole, isCut, isOver } = entry
  const isGood =
    typeof text === 'string' &&
    typeof bytes === 'number' &&
    typeof isWhole === 'boolean' &&
    typeof isCut === 'boolean' &&
    typeof isOver === 'boolean'
  if (!isGood) throw malformed('a retained output is malformed')
  return { text, bytes, isWhole, isCut, isOver }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw malformed('a string is not JSON', cause)
  }
}
