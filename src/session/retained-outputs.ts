import type { SessionStore } from '../storage/session-store.ts'
import type { Limits } from './limits.ts'

type RetainedStore = Pick<SessionStore, 'retainedOutputs' | 'retainOutput'>

/** The output of one cell that a response had no room for, as `load("output:<cell>")` finds it. */
export type RetainedOutput = {
  readonly cellId: string
  readonly text: string
  /** False when a limit took a part of it away. */
  readonly isWhole: boolean
}

/** `isCut`: the model did not see all of this text. `isLast`: no response of the cell follows. */
export type RetainOptions = { readonly isCut: boolean; readonly isLast: boolean }

type Entry = { text: string; bytes: number; isWhole: boolean; isCut: boolean; isOver: boolean }

/**
 * The texts of cells whose responses were cut, bounded in bytes and number; the oldest goes first. Texts of a cell that
 * keeps running are held from the first response on, because a later one may be cut; they show once that has happened.
 */
export class RetainedOutputs {
  readonly #limits: Pick<Limits, 'maxRetainedBytesPerSession' | 'maxRetainedBytesPerCell' | 'maxRetainedCells'>
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()
  /** Cells that keep running and whose first output was dropped. */
  readonly #beheaded = new Set<string>()
  readonly #store: RetainedStore | null
  #bytes = 0

  /** With a store everything is written there as well; what it has is where this begins. */
  constructor(
    limits: Pick<Limits, 'maxRetainedBytesPerSession' | 'maxRetainedBytesPerCell' | 'maxRetainedCells'>,
    store: RetainedStore | null = null,
  ) {
    this.#limits = limits
    this.#store = store
    for (const [cellId, entry] of store?.retainedOutputs() ?? []) {
      this.#entries.set(cellId, { ...entry })
      this.#bytes += entry.bytes
    }
  }

  /** Appends the text of one response. Returns what is retained of the cell then, or null when nothing is. */
  readonly add = (cellId: string, text: string, { isCut, isLast }: RetainOptions): RetainedOutput | null => {
    const before = this.#entries.get(cellId)
    this.#remove(cellId)
    const isBeheaded = this.#beheaded.has(cellId)
    if (isLast) this.#beheaded.delete(cellId)
    const wasCut = before?.isCut === true || isCut
    if (isLast && !wasCut) {
      if (before !== undefined) this.#store?.retainOutput({ cellId, entry: null })
      return null
    }
    const entry = before ?? { text: '', bytes: 0, isWhole: !isBeheaded, isCut: false, isOver: false }
    append(entry, text, Math.min(this.#limits.maxRetainedBytesPerCell, this.#limits.maxRetainedBytesPerSession))
    entry.isCut = wasCut
    entry.isOver = isLast
    this.#entries.set(cellId, entry)
    this.#bytes += entry.bytes
    this.#store?.retainOutput({ cellId, entry: { ...entry } })
    this.#makeRoom()
    return this.get(cellId)
  }

  readonly get = (cellId: string): RetainedOutput | null => {
    const entry = this.#entries.get(cellId)
    return entry === undefined || !entry.isCut || entry.text === ''
      ? null
      : { cellId, text: entry.text, isWhole: entry.isWhole }
  }

  list(): readonly RetainedOutput[] {
    return [...this.#entries.keys()].flatMap((cellId) => this.get(cellId) ?? [])
  }

  #makeRoom(): void {
    const { maxRetainedBytesPerSession: keptBytes, maxRetainedCells: keptCells } = this.#limits
    for (const [cellId, { isOver }] of this.#entries) {
      if (this.#bytes <= keptBytes && this.#entries.size <= keptCells) return
      this.#remove(cellId)
      this.#store?.retainOutput({ cellId, entry: null })
      if (!isOver) this.#beheaded.add(cellId)
    }
  }

  #remove(cellId: string): void {
    this.#bytes -= this.#entries.get(cellId)?.bytes ?? 0
    this.#entries.delete(cellId)
  }
}

/** Adds a text on a new line, as far as there is room: from the first that does not fit on, nothing is added. */
function append(entry: Entry, text: string, maxBytes: number): void {
  const added = entry.bytes === 0 ? text : `\n${text}`
  if (text === '' || (!entry.isWhole && entry.bytes >= maxBytes)) return
  const room = maxBytes - entry.bytes
  const bytes = Buffer.byteLength(added)
  if (bytes <= room) {
    entry.text += added
    entry.bytes += bytes
    return
  }
  const fitting = beginningWithin(added, room)
  entry.text += fitting
  // Full, whatever the last character left free: what comes later must not stand behind a gap.
  entry.bytes = maxBytes
  entry.isWhole = false
}

function beginningWithin(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  let end = maxBytes
  // A byte of the form 10xxxxxx is not the first one of its character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
