import { CodecellError } from '../../errors.ts'
import { folderText } from '../disk/database/stored-move.ts'
import { readLedger } from '../disk/database/disk-ledger.ts'
import { InboxFolder } from '../disk/files/inbox-folder.ts'
import type { InboxContent } from '../inbox-content.ts'
import { maxBatchBytes } from '../logs/limits.ts'
import type { OpenLog, SessionLogs, Wake } from '../logs/session-logs.ts'
import { demandHere, type SessionMove } from '../session-move.ts'
import { ledgerEntriesOf } from '../shared/logged-ledger.ts'
import { entryOf } from '../shared/logged-inbox.ts'
import { claimSession } from '../shared/open-shared-session.ts'
import { inTime, releaseLog } from '../shared/release-log.ts'
import type { SessionState } from '../shared/state/session-state.ts'
import { LogStore } from '../shared/shared-store.ts'
import { projectionOf } from '../shared/state/state-projection.ts'
import { recordsOfState } from '../shared/state/state-records.ts'
import { recordsOfFolder } from './folder-records.ts'
import {
  addRecords,
  demandOwned,
  demandTarget,
  firstMove,
  folderName,
  hasReceived,
  isArriving,
  moveRecord,
  nextMove,
  noProjection,
  replaceContent,
  storeName,
  type MovedSession,
  type MoveOptions,
} from './move-parts.ts'
import { demandSame, isEmpty, stateInStore, stateOf, stateOfLog } from './moved-content.ts'
import { movedSession } from './moved-session.ts'
import { OpenFolder } from './open-folder.ts'

/**
 * Moves a session from its folder to a shared store. The mark in the folder decides: before it, the session is in the folder, and its
 * content in the store is not complete; after it, the session is in the store. So a crash leaves it in one of them, and the same call
 * can be made again.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_IN_USE`, `SESSION_EXISTS`, `SESSION_MOVED` for a session that was moved to
 * another location, `SESSION_INVALID`, `SESSION_LOST`, `STORAGE_FAILED`, `STORE_UNREACHABLE`, `LIMIT_EXCEEDED`
 */
export async function pushToStore(options: MoveOptions): Promise<MovedSession> {
  const { root, store, id, onStep = ignore } = options
  const logs = await LogStore.logsOf(store)
  const folder = OpenFolder.open({ root, id, mustExist: true, minEpoch: 0 })
  try {
    onStep('opened')
    const push = new Push(options, logs, folder)
    const { move } = folder
    return move?.state === 'moved' ? await push.finish(move) : await push.start(move)
  } finally {
    folder.close()
  }
}

class Push {
  readonly #options: MoveOptions
  readonly #logs: SessionLogs
  readonly #folder: OpenFolder
  readonly #onStep: NonNullable<MoveOptions['onStep']>
  /** When a node opens the session in the store, as it is now. */
  #wake: Wake = { at: null, isParked: true }

  constructor(options: MoveOptions, logs: SessionLogs, folder: OpenFolder) {
    this.#options = options
    this.#logs = logs
    this.#folder = folder
    this.#onStep = options.onStep ?? ignore
  }

  /** Moves a session that is in the folder. */
  async start(last: SessionMove | null): Promise<MovedSession> {
    demandHere(folderText(this.#folder.database.path), last)
    const known = last ?? firstMove()
    if (last === null) this.#folder.recordMove(known)
    this.#onStep('numbered')
    const move = nextMove(known, folderName(this.#options))
    await this.#checkInbox()
    const state = stateOf(recordsOfFolder(this.#folder))
    try {
      this.#compareLedger(state)
      return await this.#withLog(false, async (log) => {
        await this.#copy(log, state, move)
        this.#folder.recordMove({ ...move, state: 'moved', other: storeName(this.#options) })
        this.#onStep('marked')
        await this.#activate(log, state)
        return movedSession(log.name.id, state, { wasMoved: false })
      })
    } finally {
      state.close()
    }
  }

  /** Finishes a move that a crash has interrupted, after the mark in the folder. */
  async finish(move: SessionMove): Promise<MovedSession> {
    const { store, id } = this.#options
    const found = await this.#found({ tenant: store.tenant, id })
    try {
      if (found?.move && hasReceived(found.move, move)) return movedSession(id, found, { wasMoved: true })
      if (found === null || !isArriving(found.move, move)) demandHere(folderText(this.#folder.database.path), move)
    } finally {
      found?.close()
    }
    return await this.#withLog(true, async (log) => {
      const state = await stateOfLog(log)
      try {
        if (isArriving(state.move, move)) await this.#activate(log, state)
        return movedSession(id, state, { wasMoved: false })
      } finally {
        state.close()
      }
    })
  }

  /** Returns the state of the session in the store; null for none. */
  async #found(name: OpenLog['name']): Promise<SessionState | null> {
    try {
      return await stateInStore(this.#logs, name)
    } catch (error) {
      if (CodecellError.is(error, 'SESSION_NOT_FOUND')) return null
      throw error
    }
  }

  async #withLog(mustExist: boolean, work: (log: OpenLog) => Promise<MovedSession>): Promise<MovedSession> {
    const { store, id } = this.#options
    const log = await claimSession(store, id, mustExist)
    try {
      this.#onStep('claimed')
      return await work(log)
    } finally {
      if (log.isOpen) await inTime(releaseLog(log, this.#wake).catch(ignore))
    }
  }

  /** Writes the content of the folder to the log, and reads it back. */
  async #copy(log: OpenLog, state: SessionState, move: SessionMove): Promise<void> {
    const target = await stateOfLog(log)
    target.close()
    const last = target.move
    if (last === null || last.state === 'here') this.#wake = { at: projectionOf(target).wakeAt }
    demandTarget(storeName(this.#options), { isEmpty: isEmpty(target), last, move })
    this.#wake = { at: null, isParked: true }
    // Tools compare epochs: those in the store are greater than those in the folder.
    state.move = moveRecord(move, Math.max(0, this.#folder.database.epoch.number - log.epoch + 1))
    await addRecords(log, [state.move], noProjection)
    this.#onStep('announced')
    await replaceContent(log, recordsOfState(state))
    this.#onStep('copied')
    const stored = await stateInStore(this.#logs, log.name)
    stored.close()
    demandSame(storeName(this.#options), state, stored)
    demandOwned(log)
    this.#onStep('compared')
  }

  /** Makes the session usable in the store, with the results that other processes have left in the folder. */
  async #activate(log: OpenLog, state: SessionState): Promise<void> {
    const { move } = state
    if (move === null) return
    for (const content of await this.#inbox()) await this.#logs.post(log.name, entryOf(content))
    this.#onStep('posted')
    const projection = projectionOf(state)
    await addRecords(log, [{ ...move, state: 'here' }], projection)
    this.#wake = { at: projection.wakeAt }
    this.#onStep('activated')
  }

  /** Returns the requests that other processes have left in the folder. */
  async #inbox(): Promise<readonly InboxContent[]> {
    const entries = await new InboxFolder(this.#folder.layout.inbox).entries()
    return entries.flatMap(({ content }) => (content.kind === 'invalid' ? [] : content))
  }

  /** Checks that the store takes the requests in the folder, whose limit is higher. */
  async #checkInbox(): Promise<void> {
    for (const content of await this.#inbox()) {
      const bytes = Buffer.byteLength(JSON.stringify(content))
      if (bytes <= maxBatchBytes) continue
      const { path } = this.#folder.database
      const text = `Cannot move ${folderText(path)}: expected at most ${maxBatchBytes} bytes in a request in its inbox, got ${bytes}; open the session once, so that it takes the request`
      throw new CodecellError('LIMIT_EXCEEDED', text, {
        details: { limit: 'maxBatchBytes', max: maxBatchBytes, observed: bytes },
      })
    }
  }

  /** Compares the ledger with the one that the folder reports. */
  #compareLedger(state: SessionState): void {
    const { database, id } = this.#folder
    const expected = readLedger(database, id, null)
    const found = [...state.cells].flatMap(([cell, { calls }]) => ledgerEntriesOf(cell, calls))
    if (JSON.stringify(found) === JSON.stringify(expected)) return
    throw new CodecellError('SESSION_INVALID', `Cannot move ${folderText(database.path)}: its ledger is inconsistent`)
  }
}

function ignore(): void {}
