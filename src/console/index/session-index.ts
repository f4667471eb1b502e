import { setImmediate as nextTurn } from 'node:timers/promises'
import { CodecellError } from '../../errors.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { SourceHealth } from '../api.ts'
import { apiErrorOf } from '../data/api-error.ts'
import { IndexDifference, type IndexChange } from './index-difference.ts'
import { indexedSession, unreadableSession, type IndexedOrigin, type IndexedSession } from './indexed-session.ts'

/** The sessions that an index reads; see `ConsoleSource`. */
export type IndexedSource = {
  readonly list: () => Promise<readonly { readonly id: string; readonly stamp: string }[]>
  readonly read: (id: string) => Promise<SessionReport>
  /** Returns the origin of a session. */
  readonly originOf: (id: string) => IndexedOrigin
}

type Entry = {
  readonly stamp: string
  readonly session: IndexedSession
  /** The time from which it is read again when it has changed: a session that takes long to read is read less often. */
  readonly nextReadAt: number
}

/** The time of a session between two readings, as a multiple of the duration of a reading. */
const restFactor = 10
const unreadableRestMs = 5000

/** The sessions of a source. It reads only those that have changed since the last look. */
export class SessionIndex {
  readonly #source: IndexedSource
  #entries: ReadonlyMap<string, Entry> = new Map()
  #looking: Promise<void> | null = null
  #health: SourceHealth = { type: 'ok', at: Date.now() }
  /** Changes with each change of a session. */
  revision = 0
  /** The duration of the last look, in milliseconds. */
  lookMs = 0
  onChange: (change: IndexChange) => void = () => undefined
  onHealth: (health: SourceHealth) => void = () => undefined

  constructor(source: IndexedSource) {
    this.#source = source
  }

  get health(): SourceHealth {
    return this.#health
  }

  /** Returns the sessions as of the last look. */
  *sessions(): Generator<IndexedSession, void, undefined> {
    for (const { session } of this.#entries.values()) yield session
  }

  get(id: string): IndexedSession | null {
    return this.#entries.get(id)?.session ?? null
  }

  stampOf(id: string): string | null {
    return this.#entries.get(id)?.stamp ?? null
  }

  /** Looks for changes. Callers at the same time share one look. Never rejects: a source that is away is in {@link health}. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
    await this.#looking
  }

  async #look(): Promise<void> {
    const start = performance.now()
    try {
      await this.#update()
      this.#setHealth({ type: 'ok', at: Date.now() })
    } catch (error) {
      const since = this.#health.type === 'away' ? this.#health.since : Date.now()
      this.#setHealth({ type: 'away', since, error: apiErrorOf(error) })
    }
    this.lookMs = performance.now() - start
  }

  #setHealth(health: SourceHealth): void {
    const changed = health.type !== this.#health.type
    this.#health = health
    if (changed) this.onHealth(health)
  }

  async #update(): Promise<void> {
    const found = await this.#source.list()
    const before = this.#entries
    const next = new Map<string, Entry>()
    const difference = new IndexDifference()
    for (const { id, stamp } of found) {
      const known = before.get(id)
      const isChanged = known?.stamp !== stamp || known.session.item.type === 'unreadable'
      const isDue = known === undefined || (isChanged && performance.now() >= known.nextReadAt)
      const entry = isDue ? await this.#read(id, stamp) : known
      if (entry === null) continue
      next.set(id, entry)
      if (entry !== known) difference.add(known?.session ?? null, entry.session)
    }
    for (const id of before.keys()) if (!next.has(id)) difference.remove(id)
    this.#entries = next
    if (difference.isEmpty) return
    this.revision++
    this.onChange(difference.change())
  }

  /** Returns null for a session that was removed after it was listed. */
  async #read(id: string, stamp: string): Promise<Entry | null> {
    // Reading a folder does not wait, so that other work needs a turn between two sessions.
    await nextTurn()
    const start = performance.now()
    const session = await this.#readSession(id)
    const end = performance.now()
    if (session === null) return null
    // A process that writes at the same time can be the reason for which a session is not readable.
    const restMs = session.item.type === 'unreadable' ? unreadableRestMs : restFactor * (end - start)
    return { stamp, session, nextReadAt: end + restMs }
  }

  async #readSession(id: string): Promise<IndexedSession | null> {
    const origin = this.#source.originOf(id)
    try {
      return indexedSession(await this.#source.read(id), origin)
    } catch (error) {
      if (CodecellError.is(error, 'SESSION_NOT_FOUND')) return null
      // All sessions of a store are away together.
      if (CodecellError.is(error, 'STORE_UNREACHABLE')) throw error
      return unreadableSession(id, origin.tenant, apiErrorOf(error))
    }
  }
}
