import { fromBase64, toBase64 } from '../../protocol/base64.ts'
import { maxSnapshotBytes } from '../../protocol/message.ts'
import { engineIdOf, type EnginePrint } from '../../protocol/engine-print.ts'
import { messageOf } from '../../errors.ts'
import type { Journal } from '../../storage/journal.ts'
import type { SnapshotSlot } from '../../storage/snapshot-slot.ts'
import { DurableSnapshot, type StoredState } from '../../storage/snapshots/durable-snapshot.ts'
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

type SnapshotNeeds = Pick<RestoredState, 'commands' | 'events'> &
  Pick<SnapshotRequest, 'minCpuMs'> & {
    /** The state of the cell at this point as JSON, for later processes; null: only this process resumes it. */
    readonly state: string | null
  }

type CellSnapshotInit = {
  readonly keeper: SnapshotKeeper | null
  /** The place for snapshots in the store of the session; null for none. */
  readonly slot: SnapshotSlot | null
  readonly cellId: string
  readonly journal: Journal
}

/** The latest snapshot of a cell. It saves a part of the replay; without it, the whole journal is replayed. */
export class CellSnapshot {
  readonly #keeper: SnapshotKeeper | null
  readonly #cellId: string
  readonly #journal: Journal
  readonly #durable: DurableSnapshot | null
  #kept: KeptSnapshot | null = null
  /** The point of the snapshot in the store, if the session knows the events before it; otherwise null. */
  #stored: SnapshotPoint | null = null
  #isReleased = false

  constructor({ keeper, slot, cellId, journal }: CellSnapshotInit) {
    this.#keeper = keeper
    this.#cellId = cellId
    this.#journal = journal
    this.#durable = slot === null ? null : new DurableSnapshot(slot, journal)
  }

  /** Whether a later process can resume the cell from a snapshot. */
  get isDurable(): boolean {
    return this.#durable !== null
  }

  /** Returns a request for a snapshot of the program after these commands and events; null when none can be used. */
  requestOn({ engine }: Host, { commands, events, minCpuMs, state }: SnapshotNeeds): SnapshotRequest | null {
    if (this.#keeper === null || engine === null) return null
    const onSnapshot = (count: number, body: string): void => {
      if (count === commands) this.#keep(this.#pointOf(engine, commands, events), body, state)
    }
    return { minCpuMs, onSnapshot }
  }

  #keep(point: SnapshotPoint, body: string, state: string | null): void {
    if (this.#isReleased || body.length > 2 * maxSnapshotBytes) return
    const memory = fromBase64(body)
    if (state !== null && this.#durable?.write(point, { state, memory }) === true) this.#stored = point
    const kept = this.#keeper?.keep(point, memory) ?? null
    if (kept === null) return
    this.#dropKept()
    this.#kept = kept
  }

  /**
   * Returns the state that an earlier process has stored; null for none.
   *
   * @throws when there is one that cannot be used. It is removed.
   */
  stored(): StoredState | null {
    const { engine } = this.#journal
    if (this.#keeper === null || engine === null) return null
    try {
      return this.#durable?.read((commands, events) => this.#pointOf(engine, commands, events)) ?? null
    } catch (error) {
      this.#durable?.remove()
      throw new Error(messageOf(error), { cause: error })
    }
  }

  /** Continues from a stored state. */
  restore({ point }: StoredState): void {
    this.#stored = point
  }

  /** Returns the state that the program can begin with on a host; null for the start. */
  openFor({ engine, knowsSnapshots }: Host): RestoredState | null {
    const point = this.#kept?.point ?? this.#stored
    if (this.#keeper === null || point === null || engine === null || !knowsSnapshots) return null
    const { commands, events } = point
    try {
      const bytes = this.#memoryAt(this.#pointOf(engine, commands, events))
      return { commands, events, body: toBase64(bytes) }
    } catch {
      // The journal is whole, so it is replayed.
      this.drop()
      return null
    }
  }

  #memoryAt(point: SnapshotPoint): Uint8Array {
    if (this.#kept !== null && this.#keeper !== null) return this.#keeper.open(this.#kept, point)
    if (this.#durable === null) throw new Error('Cannot open a snapshot: it was removed')
    return this.#durable.memoryAt(point)
  }

  #pointOf(engine: EnginePrint, commands: number, events: number): SnapshotPoint {
    const fingerprint = this.#journal.fingerprints.digest(events)
    return { cellId: this.#cellId, engine: engineIdOf(engine), commands, events, fingerprint }
  }

  /** Removes a snapshot that cannot be used. */
  drop(): void {
    this.#dropKept()
    this.#stored = null
    this.#durable?.remove()
  }

  #dropKept(): void {
    if (this.#kept !== null) this.#keeper?.remove(this.#kept)
    this.#kept = null
  }

  /** Removes the snapshot of a program that needs none. */
  release(): void {
    this.#isReleased = true
    this.drop()
  }

  /** Leaves the snapshot in the store to the next process that opens the session. */
  leave(): void {
    this.#isReleased = true
    this.#dropKept()
  }
}
