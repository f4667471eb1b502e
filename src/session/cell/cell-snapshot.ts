import { fromBase64, toBase64 } from '../../protocol/base64.ts'
import { maxSnapshotBytes } from '../../protocol/message.ts'
import { engineIdOf, type EnginePrint } from '../../protocol/engine-print.ts'
import type { Journal } from '../../storage/journal.ts'
import type { SnapshotPoint } from '../../storage/snapshots/sealed-snapshot.ts'
import type { KeptSnapshot, SnapshotKeeper } from '../../storage/snapshots/snapshot-keeper.ts'
import type { Host } from '../hosts/host.ts'
import type { SnapshotRequest } from '../hosts/snapshot-request.ts'

/** A state that a program can begin with. */
export type RestoredState = {
  /** The number of commands and of events before it. */
  readonly commands: number
  readonly events: number
  /** The snapshot in base64. */
  readonly body: string
}

type SnapshotNeeds = Pick<RestoredState, 'commands' | 'events'> & Pick<SnapshotRequest, 'minCpuMs'>

/** The latest snapshot of a cell. It saves a part of the replay; without it, the whole journal is replayed. */
export class CellSnapshot {
  readonly #keeper: SnapshotKeeper | null
  readonly #cellId: string
  readonly #journal: Journal
  #kept: KeptSnapshot | null = null
  #isReleased = false

  constructor(keeper: SnapshotKeeper | null, cellId: string, journal: Journal) {
    this.#keeper = keeper
    this.#cellId = cellId
    this.#journal = journal
  }

  /** Returns a request for a snapshot of the program after these commands and events; null when none can be used. */
  requestOn({ engine }: Host, { commands, events, minCpuMs }: SnapshotNeeds): SnapshotRequest | null {
    if (this.#keeper === null || engine === null) return null
    const onSnapshot = (count: number, body: string): void => {
      if (count === commands) this.#keep(this.#pointOf(engine, commands, events), body)
    }
    return { minCpuMs, onSnapshot }
  }

  #keep(point: SnapshotPoint, body: string): void {
    if (this.#isReleased || body.length > 2 * maxSnapshotBytes) return
    const kept = this.#keeper?.keep(point, fromBase64(body)) ?? null
    if (kept === null) return
    this.drop()
    this.#kept = kept
  }

  /** Returns the state that the program can begin with on a host; null for the start. */
  openFor({ engine, knowsSnapshots }: Host): RestoredState | null {
    const kept = this.#kept
    if (this.#keeper === null || kept === null || engine === null || !knowsSnapshots) return null
    const { commands, events } = kept.point
    try {
      const bytes = this.#keeper.open(kept, this.#pointOf(engine, commands, events))
      return { commands, events, body: toBase64(bytes) }
    } catch {
      // The journal is whole, so it is replayed.
      this.drop()
      return null
    }
  }

  #pointOf(engine: EnginePrint, commands: number, events: number): SnapshotPoint {
    const fingerprint = this.#journal.fingerprints.digest(events)
    return { cellId: this.#cellId, engine: engineIdOf(engine), commands, events, fingerprint }
  }

  /** Removes a snapshot that cannot be used. */
  drop(): void {
    if (this.#kept !== null) this.#keeper?.remove(this.#kept)
    this.#kept = null
  }

  /** Removes the snapshot of a program that needs none. */
  release(): void {
    this.#isReleased = true
    this.drop()
  }
}
