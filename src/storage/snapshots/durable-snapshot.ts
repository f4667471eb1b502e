import { createHash } from 'node:crypto'
import { isRecord } from '../../protocol/json.ts'
import type { Journal } from '../journal.ts'
import { parseCellState, type CellState } from './cell-state.ts'
import { openSnapshot, readPoint, sealSnapshot, SealError, type SnapshotPoint } from './sealed-snapshot.ts'
import type { SnapshotSlot } from '../snapshot-slot.ts'

/** A snapshot that outlives its process: the state of the machine, and that of the cell in the session as JSON. */
export type DurableContent = { readonly state: string; readonly memory: Uint8Array }

/** A state of a cell that a later process can resume. */
export type StoredState = { readonly point: SnapshotPoint; readonly state: CellState }

/** The version of the content. */
const version = 1
const lengthBytes = 4

/** Maximum size of a sealed snapshot, in bytes. */
const maxDurableBytes = 24 * 1024 * 1024

/** The snapshot of one cell in the store of its session. */
export class DurableSnapshot {
  readonly #slot: SnapshotSlot
  readonly #journal: Journal

  constructor(slot: SnapshotSlot, journal: Journal) {
    this.#slot = slot
    this.#journal = journal
  }

  /** Replaces the snapshot in the store. Returns false when it cannot be written: the earlier one is as it was. */
  write(point: SnapshotPoint, { state, memory }: DurableContent): boolean {
    try {
      const digest = journalDigest(this.#journal, point.commands)
      if (digest === null) return false
      const head = Buffer.from(`{"version":${version},"journal":"${digest}","cell":${state}}`)
      const length = Buffer.alloc(lengthBytes)
      length.writeUInt32BE(head.length)
      const sealed = sealSnapshot(this.#slot.key(), point, Buffer.concat([length, head, memory]))
      return sealed.length <= maxDurableBytes && this.#slot.write(sealed)
    } catch {
      return false
    }
  }

  /**
   * Returns the stored state of the cell; null for none. `pointOf` returns the point after a number of commands and events.
   *
   * @throws when there is one that cannot be used.
   */
  read(pointOf: (commands: number, events: number) => SnapshotPoint): StoredState | null {
    const sealed = this.#slot.read()
    if (sealed === null) return null
    const { commands, events } = readPoint(sealed)
    const { count, fingerprints } = this.#journal
    if (commands > count + 1 || events > fingerprints.count)
      throw new SealError('it is of a later point than the journal')
    const point = pointOf(commands, events)
    const { head } = this.#open(sealed, point)
    if (!isRecord(head) || head['version'] !== version)
      throw new SealError(`expected version ${version} of its content`)
    if (head['journal'] !== journalDigest(this.#journal, commands)) throw new SealError('it is of other commands')
    const state = parseCellState(head['cell'])
    if (state === null) throw new SealError('the state of its cell is malformed')
    return { point, state }
  }

  /**
   * Returns the state of the machine.
   *
   * @throws when it cannot be used.
   */
  memoryAt(point: SnapshotPoint): Uint8Array {
    const sealed = this.#slot.read()
    if (sealed === null) throw new SealError('it was removed')
    return this.#open(sealed, point).memory
  }

  remove(): void {
    this.#slot.remove()
  }

  #open(sealed: Buffer, point: SnapshotPoint): { readonly head: unknown; readonly memory: Uint8Array } {
    const content = openSnapshot(this.#slot.key(), point, sealed)
    if (content.length < lengthBytes) throw new SealError('its content is too short')
    const end = lengthBytes + content.readUInt32BE(0)
    if (end > content.length) throw new SealError('the state of its cell is longer than the snapshot')
    const head: unknown = JSON.parse(content.toString('utf8', lengthBytes, end))
    return { head, memory: content.subarray(end) }
  }
}

/** Returns a digest of the first `count` commands, with the start; null when the journal has fewer. */
function journalDigest(journal: Journal, count: number): string | null {
  const { time, seed } = journal.start
  const hash = createHash('sha256').update(`${time} ${seed}`)
  let left = count - 1
  for (const command of left > 0 ? journal.commands() : []) {
    const body = 'body' in command ? command.body : ''
    hash.update(`\n${command.type} ${command.id} ${command.time} ${body.length} `).update(body, 'utf16le')
    if (--left === 0) break
  }
  return left === 0 ? hash.digest('hex') : null
}
