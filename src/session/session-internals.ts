import type { EventFeed } from './common/event-feed.ts'
import type { InputChecks } from './common/input-validation.ts'
import type { Session } from './api/session-options.ts'
import type { CellEnding } from '../storage/session-store.ts'
import type { RetainedOutputs } from './services/retained-outputs.ts'
import type { TypeStripper } from './services/type-stripper.ts'

/** The parts of a session that the agent layer uses and embedders do not see. */
export type SessionInternals = {
  readonly stripper: TypeStripper
  readonly inputChecks: InputChecks
  readonly feed: EventFeed | null
  /** The output that `load("output:<cell>")` returns. */
  readonly retainedOutputs: RetainedOutputs
  /** Returns the ending of a closed cell; null for other cells and for cells whose ending was dropped. */
  readonly endingOf: (cellId: string) => CellEnding | null
  /** Whether the session needs nothing of this process; see {@link onlyWaits}. */
  readonly onlyWaits: () => boolean
  /** Whether the session is open, and no other process has taken it over. */
  readonly isOpen: () => boolean
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

/** Returns whether the session is open, and no other process has taken it over. */
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
