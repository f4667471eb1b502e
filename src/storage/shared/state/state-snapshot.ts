import { SpillableTexts, type SpillableText, type TextQuota } from '../../memory/spillable-texts.ts'
import type { RecordOf } from '../records/log-record.ts'

/** Characters of one part: less than makes a string a blob. */
const partChars = 48 * 1024

type Stored = { readonly texts: SpillableTexts; readonly text: SpillableText; readonly length: number }

/** The snapshot of a cell: the parts of its latest records, in base64. */
export class StateSnapshot {
  readonly #quota: TextQuota
  /** The parts of a snapshot that has not arrived as a whole. */
  #parts: string[] = []
  #stored: Stored | null = null

  constructor(quota: TextQuota) {
    this.#quota = quota
  }

  /** The length of the snapshot; 0 without one. */
  get length(): number {
    return this.#stored?.length ?? 0
  }

  /** The snapshot; null without one. */
  get body(): string | null {
    return this.#stored === null ? null : this.#stored.texts.read(this.#stored.text)
  }

  /** Applies a record. A snapshot whose parts are not all there does not count. */
  apply({ part, parts, body }: RecordOf<'snapshot'>): void {
    if (part === 0) this.remove()
    if (part !== this.#parts.length || parts === 0) return this.remove()
    this.#parts.push(body)
    if (this.#parts.length === parts) this.#keep(this.#parts.join(''))
  }

  #keep(body: string): void {
    this.#parts = []
    const texts = new SpillableTexts(this.#quota)
    try {
      this.#stored = { texts, text: texts.keep(body), length: body.length }
    } catch {
      // The snapshot is too large, so the journal is replayed.
      texts.remove()
    }
  }

  /** Releases temporary files. */
  release(): void {
    this.#stored?.texts.remove()
  }

  remove(): void {
    this.#parts = []
    this.#stored?.texts.remove()
    this.#stored = null
  }
}

/** Returns the records of a snapshot in base64. */
export function snapshotRecords(cell: number, body: string): readonly RecordOf<'snapshot'>[] {
  const parts = Math.ceil(body.length / partChars)
  return Array.from({ length: parts }, (_, part) => {
    return { type: 'snapshot', cell, part, parts, body: body.slice(part * partChars, (part + 1) * partChars) }
  })
}
