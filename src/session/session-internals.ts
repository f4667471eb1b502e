import type { EventFeed } from './event-feed.ts'
import type { InputChecks } from './calls/input-validation.ts'
import type { Session } from './api/session-options.ts'
import type { CellEnding } from '../storage/session-store.ts'
import type { RetainedOutputs } from './retained-outputs.ts'
import type { TypeStripper } from './type-stripper.ts'

/** What a session lends to the layer above it, without being part of what embedders see. */
export type SessionInternals = {
  readonly stripper: TypeStripper
  readonly inputChecks: InputChecks
  readonly feed: EventFeed | null
  /** The output that `load("output:<cell>")` returns. */
  readonly retainedOutputs: RetainedOutputs
  /** Returns how a cell ended whose last response was delivered; null for any other cell, and for one that ended long ago. */
  readonly endingOf: (cellId: string) => CellEnding | null
}

type Entry = { readonly parts: SessionInternals; readonly dependents: Set<AsyncDisposable> }

const entries = new WeakMap<Session, Entry>()

/** Called by the session, once. */
export function openInternals(session: Session, parts: SessionInternals): void {
  entries.set(session, { parts, dependents: new Set() })
}

/** Null for a session that is not ours, for example one in a wrapper. */
export function internalsOf(session: Session): SessionInternals | null {
  return entries.get(session)?.parts ?? null
}

/** Disposes of something when the session is closed. */
export function disposeWith(session: Session, dependent: AsyncDisposable): void {
  entries.get(session)?.dependents.add(dependent)
}

/** Called by the session at its end. */
export async function closeInternals(session: Session): Promise<void> {
  const dependents = [...(entries.get(session)?.dependents ?? [])]
  entries.delete(session)
  await Promise.allSettled(dependents.map((dependent) => dependent[Symbol.asyncDispose]()))
}
