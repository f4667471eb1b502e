import type { GivenSettlement } from './calls/settlements.ts'
import type { EventFeed } from './common/event-feed.ts'
import type { InputChecks } from './common/input-validation.ts'
import type { Session } from './api/session-options.ts'
import type { CellEnding, SessionStore, StoredNotices } from '../storage/session-store.ts'
import { keepingAlive } from './common/timing.ts'
import type { RetainedOutputs } from './services/retained-outputs.ts'
import type { TypeStripper } from './services/type-stripper.ts'

/** The record of a client that its server keeps with the session, as JSON. */
export type ClientState = {
  readonly read: () => string | null
  /** Resolves when it is on record. */
  readonly write: (json: string) => Promise<void>
}

/** The notifications that wait for the next response of their cells, where they survive the process. */
export type Notices = {
  readonly read: () => readonly StoredNotices[]
  /** Adds a notification of a cell; null: a response has all of them. */
  readonly record: (cellId: string, text: string | null) => void
}

/** The parts of a session that the agent layer uses and embedders do not see. */
export type SessionInternals = {
  readonly stripper: TypeStripper
  readonly inputChecks: InputChecks
  readonly feed: EventFeed | null
  /**
   * Settles a call whose outcome is unknown.
   *
   * @throws {CodecellError} `CALL_NOT_UNKNOWN`, `STORAGE_FAILED`
   */
  readonly settle: (key: string, given: GivenSettlement) => Promise<void>
  /** The output that `load("output:<cell>")` returns. */
  readonly retainedOutputs: RetainedOutputs
  /** Whether the session is neither closed nor lost to another process, and its store accepts writes. */
  readonly isOpen: () => boolean
  /** The state of the client, which the next owner of the session reads; null where no other process can own it. */
  readonly client: ClientState | null
  /** Null where no other process can own the session. */
  readonly notices: Notices | null
  /** Returns the ending of a closed cell; null for other cells and for cells whose ending was dropped. */
  readonly endingOf: (cellId: string) => CellEnding | null
  /** Whether the session needs nothing of this process; see {@link onlyWaits}. */
  readonly onlyWaits: () => boolean
  /** See {@link onEngineNeeds}. */
  readonly engineNeeds: () => readonly string[] | null
  /** Learns the engines that its hosts can have. */
  readonly learnEngines: () => Promise<void>
}

type Entry = { readonly internals: SessionInternals; readonly dependents: Set<AsyncDisposable> }

const entries = new WeakMap<Session, Entry>()

/** Registers the internals of a session. */
export function openInternals(session: Session, internals: SessionInternals): void {
  entries.set(session, { internals, dependents: new Set() })
}

/** Returns the internals of a session; null for another implementation, e.g. a wrapper. */
export function internalsOf(session: Session): SessionInternals | null {
  return entries.get(session)?.internals ?? null
}

/**
 * Returns whether the session needs nothing of this process now: no caller observes a cell or takes its output, everything is on record,
 * no tool, handler or revert runs, and each running cell waits for timers, decisions or results of deferred calls. A session that
 * another process has taken over needs nothing. A closed session, and another implementation, returns false.
 */
export function onlyWaits(session: Session): boolean {
  return internalsOf(session)?.onlyWaits() ?? false
}

/**
 * Calls `onNeeds` with the names of the engines of the hosts of a session, as needs of sessions; null when they can have any engine. It is
 * called at once, and again when the engines that no host of the pool has had are known.
 */
export function onEngineNeeds(session: Session, onNeeds: (needs: readonly string[] | null) => void): void {
  const internals = internalsOf(session)
  const report = (): void => onNeeds(internals?.engineNeeds() ?? null)
  report()
  void internals?.learnEngines().then(report)
}

/** Returns whether the session is open, no other process has taken it over, and its store accepts writes. */
export function isUsable(session: Session): boolean {
  return internalsOf(session)?.isOpen() ?? false
}

/** Disposes an object when the session closes. */
export function disposeWith(session: Session, dependent: AsyncDisposable): void {
  entries.get(session)?.dependents.add(dependent)
}

/** Disposes the dependents of a session, and removes its internals. */
export async function closeInternals(session: Session): Promise<void> {
  const dependents = [...(entries.get(session)?.dependents ?? [])]
  entries.delete(session)
  await Promise.allSettled(dependents.map((dependent) => dependent[Symbol.asyncDispose]()))
}

/** Returns the notifications of a session that wait for responses; null when the store has none. */
export function noticesOf(store: SessionStore): Notices | null {
  if (store.notices === undefined || store.recordNotice === undefined) return null
  return {
    read: () => store.notices?.() ?? [],
    record: (cellId, text) => store.recordNotice?.(cellId, text),
  }
}

/** Returns the state of the client of a session; null when the store has none. */
export function clientStateOf(store: SessionStore): ClientState | null {
  if (store.clientState === undefined || store.recordClientState === undefined) return null
  return {
    read: () => store.clientState?.() ?? null,
    write: async (json) => {
      store.recordClientState?.(json)
      const barrier = store.barrier()
      if (barrier !== null) await keepingAlive(barrier)
    },
  }
}
