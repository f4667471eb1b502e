import { byteLength, fromUtf8, toUtf8 } from '../../platform/utf8.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import type { Limits } from '../common/limits.ts'

type RetainedStore = Pick<SessionStore, 'retainedOutputs' | 'retainOutput'>

/** The retained output of one cell, as `load("output:<cell>")` returns it. */
export type RetainedOutput = {
  readonly cellId: string
  readonly text: string
  /** False when a limit truncated the text. */
  readonly isWhole: boolean
}

/** The properties of a response whose text is retained. */
export type RetainOptions = {
  /** Whether the response was truncated. */
  readonly isCut: boolean
  /** Whether this is the last response of the cell. */
  readonly isLast: boolean
}

type Entry = { text: string; bytes: number; isWhole: boolean; isCut: boolean; isOver: boolean }

/**
 * The retained outputs of a session, bounded in bytes and number. The oldest output is dropped first. The output of a running cell is
 * retained from its first response, and is available as soon as a response is truncated.
 */
export class RetainedOutputs {
  readonly #limits: Pick<Limits, 'maxRetainedBytesPerSession' | 'maxRetainedBytesPerCell' | 'maxRetainedCells'>
  /** Sorted by the time of the last response, oldest first. */
  readonly #entries = new Map<string, Entry>()
  /** Running cells whose first output was dropped. */
  readonly #withoutStart = new Set<string>()
  readonly #store: RetainedStore | null
  #bytes = 0

  /** Loads the outputs of `store`, and writes each change to it. */
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

  /** Appends the text of one response. Returns the retained output of the cell, or null when it has none. */
  readonly add = (cellId: string, text: string, { isCut, isLast }: RetainOptions): RetainedOutput | null => {
    const before = this.#entries.get(cellId)
    this.#remove(cellId)
    const lacksStart = this.#withoutStart.has(cellId)
    if (isLast) this.#withoutStart.delete(cellId)
    const wasCut = before?.isCut === true || isCut
    if (isLast && !wasCut) {
      if (before !== undefined) this.#store?.retainOutput({ cellId, entry: null })
      return null
    }
    const entry = before ?? { text: '', bytes: 0, isWhole: !lacksStart, isCut: false, isOver: false }
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
    const { maxRetainedBytesPerSession, maxRetainedCells } = this.#limits
    for (const [cellId, { isOver }] of this.#entries) {
      if (this.#bytes <= maxRetainedBytesPerSession && this.#entries.size <= maxRetainedCells) return
      this.#remove(cellId)
      this.#store?.retainOutput({ cellId, entry: null })
      if (!isOver) this.#withoutStart.add(cellId)
    }
  }

  #remove(cellId: string): void {
    this.#bytes -= this.#entries.get(cellId)?.bytes ?? 0
    this.#entries.delete(cellId)
  }
}

/** Appends a text on a new line, up to `maxBytes`. An entry that was truncated stays unchanged. */
function append(entry: Entry, text: string, maxBytes: number): void {
  const added = entry.bytes === 0 ? text : `\n${text}`
  if (text === '' || (!entry.isWhole && entry.bytes >= maxBytes)) return
  const room = maxBytes - entry.bytes
  const bytes = byteLength(added)
  if (bytes <= room) {
    entry.text += added
    entry.bytes += bytes
    return
  }
  entry.text += prefixWithin(added, room)
  // The entry counts as full even when the next character did not fit, because later text must not follow a gap.
  entry.bytes = maxBytes
  entry.isWhole = false
}

function prefixWithin(text: string, maxBytes: number): string {
  const bytes = toUtf8(text)
  let end = maxBytes
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return fromUtf8(bytes, 0, end)
}
