import { existsSync } from 'node:fs'
import { leaveEntry } from '../disk/files/inbox-folder.ts'
import { layoutOf } from '../disk/layout.ts'
import { sessionText } from '../logs/log-errors.ts'
import type { OpenLog, Wake } from '../logs/session-logs.ts'
import { demandHere, type SessionMove } from '../session-move.ts'
import type { LogRecord, RecordOf } from '../shared/records/log-record.ts'
import { leftEntryOf } from '../shared/logged-inbox.ts'
import { claimSession } from '../shared/open-shared-session.ts'
import { inTime, releaseLog } from '../shared/release-log.ts'
import type { SessionState } from '../shared/state/session-state.ts'
import { projectionOf } from '../shared/state/state-projection.ts'
import { fillFolder, syncFolders } from './fill-folder.ts'
import { recordsOfFolder } from './folder-records.ts'
import {
  addRecords,
  demandOwned,
  demandTarget,
  firstMove,
  folderName,
  hasReceived,
  isArriving,
  moveOf,
  moveRecord,
  nextMove,
  noProjection,
  removeContent,
  storeName,
  type MovedSession,
  type MoveOptions,
} from './move-parts.ts'
import { demandSame, isEmpty, stateOf, stateOfLog } from './moved-content.ts'
import { movedSession } from './moved-session.ts'
import { moveInFolder, OpenFolder } from './open-folder.ts'

/**
 * Moves a session from a shared store to a folder. The mark in the store decides: before it, the session is in the store, and its
 * folder is not complete; after it, the session is in the folder. So a crash leaves it in one of them, and the same call can be made
 * again. The store keeps the mark, and nothing else of the session.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_IN_USE`, `SESSION_EXISTS`, `SESSION_MOVED` for a session that was moved to
 * another location, `SESSION_INVALID`, `SESSION_LOST`, `STORAGE_FAILED`, `STORE_UNREACHABLE`
 */
export async function pullFromStore(options: MoveOptions): Promise<MovedSession> {
  const { root, store, id } = options
  layoutOf(root, id)
  const log = await claimSession(store, id, true)
  let wake: Wake = { at: null, isParked: true }
  try {
    options.onStep?.('claimed')
    const state = await stateOfLog(log)
    try {
      const pull = new Pull(options, log, state)
      if (state.move?.state === 'moved') return await pull.finish(state.move)
      if (state.move?.state !== 'arriving') wake = { at: projectionOf(state).wakeAt }
      const moved = await pull.start()
      wake = { at: null, isParked: true }
      return moved
    } finally {
      state.close()
    }
  } finally {
    await inTime(releaseLog(log, wake).catch(ignore))
  }
}

class Pull {
  readonly #options: MoveOptions
  readonly #log: OpenLog
  readonly #state: SessionState
  readonly #onStep: NonNullable<MoveOptions['onStep']>

  constructor(options: MoveOptions, log: OpenLog, state: SessionState) {
    this.#options = options
    this.#log = log
    this.#state = state
    this.#onStep = options.onStep ?? ignore
  }

  /** Moves a session that is in the store. */
  async start(): Promise<MovedSession> {
    const [log, state] = [this.#log, this.#state]
    demandHere(sessionText(log.name), state.move)
    const known = state.move ?? moveRecord(firstMove(), 0)
    if (state.move === null) await addRecords(log, [known], projectionOf(state))
    this.#onStep('numbered')
    const move = nextMove(known, storeName(this.#options))
    const folder = this.#openFolder()
    try {
      this.#copy(folder, move)
      const marked = moveRecord({ ...move, state: 'moved', other: folderName(this.#options) }, known.epochs)
      await addRecords(log, [marked], noProjection)
      this.#onStep('marked')
      await this.#activate(folder, marked)
      return movedSession(log.name.id, state, { wasMoved: false })
    } finally {
      folder.close()
    }
  }

  /** Finishes a move that a crash has interrupted, after the mark in the store. */
  async finish(move: RecordOf<'move'>): Promise<MovedSession> {
    const last = moveInFolder(this.#options)
    if (last !== null && hasReceived(last, move)) {
      await this.#empty(move, [])
      return movedSession(this.#log.name.id, this.#state, { wasMoved: true })
    }
    if (!isArriving(last, move)) demandHere(sessionText(this.#log.name), move)
    const folder = this.#openFolder()
    try {
      await this.#activate(folder, move)
      return movedSession(this.#log.name.id, this.#state, { wasMoved: false })
    } finally {
      folder.close()
    }
  }

  #openFolder(): OpenFolder {
    const { root, id } = this.#options
    const folder = OpenFolder.open({ root, id, mustExist: false, minEpoch: this.#state.epoch })
    this.#onStep('opened')
    return folder
  }

  /** Writes the content of the log to the folder, and reads it back. */
  #copy(folder: OpenFolder, move: SessionMove): void {
    const target = folderName(this.#options)
    const last = folder.move
    // What a session that was moved away has left is replaced. A crash during an earlier pull can have removed a part of it.
    demandTarget(target, { isEmpty: last === null && hasNothing(folder), last, move })
    folder.recordMove(move)
    this.#onStep('announced')
    fillFolder(folder, this.#state)
    this.#onStep('copied')
    const stored = stateOf(recordsOfFolder(folder))
    try {
      demandSame(target, this.#state, stored)
    } finally {
      stored.close()
    }
    demandOwned(this.#log)
    this.#onStep('compared')
  }

  /** Makes the session usable in the folder, with the results that other processes have left in the store. */
  async #activate(folder: OpenFolder, move: RecordOf<'move'>): Promise<void> {
    const { inbox, folder: path } = folder.layout
    const entries = (await this.#log.inbox()).map((entry) => leftEntryOf(entry))
    for (const { content } of entries) if (content.kind !== 'invalid') leaveEntry(inbox, content)
    if (existsSync(inbox)) syncFolders([inbox, path])
    this.#onStep('posted')
    folder.recordMove({ ...moveOf(move), state: 'here', other: storeName(this.#options) })
    this.#onStep('activated')
    await this.#empty(
      move,
      entries.map(({ entry }) => entry),
    )
  }

  /** Removes the content from the store, except for the mark. */
  async #empty(move: RecordOf<'move'>, taken: readonly string[]): Promise<void> {
    const records = taken.map((entry): LogRecord => ({ type: 'inbox_taken', cell: 0, entry, reason: null }))
    if (records.length > 0) await addRecords(this.#log, records, noProjection, taken)
    if (!isEmpty(this.#state)) await removeContent(this.#log, move)
    this.#onStep('emptied')
  }
}

function hasNothing(folder: OpenFolder): boolean {
  const state = stateOf(recordsOfFolder(folder))
  state.close()
  return isEmpty(state)
}

function ignore(): void {}
