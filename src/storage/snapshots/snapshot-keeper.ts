import { randomBytes } from 'node:crypto'
import { SpillableTexts, TextQuota, type SpillableText, type TextQuotaLimits } from '../memory/spillable-texts.ts'
import { openSnapshot, sealSnapshot, snapshotKeyBytes, type SnapshotPoint } from './sealed-snapshot.ts'

/** A snapshot that is kept until it is removed. */
export type KeptSnapshot = {
  readonly point: SnapshotPoint
  /** The sealed bytes as a string with one byte per character. */
  readonly text: SpillableText
  readonly texts: SpillableTexts
}

/** The snapshots of a session: in memory, and beyond a quota in temporary files. Its key never leaves this process. */
export class SnapshotKeeper {
  readonly #key = randomBytes(snapshotKeyBytes)
  readonly #quota: TextQuota

  constructor(limits: TextQuotaLimits) {
    this.#quota = new TextQuota(limits)
  }

  /** Seals a snapshot and stores it. Returns null when it does not fit. */
  keep(point: SnapshotPoint, snapshot: Uint8Array): KeptSnapshot | null {
    const texts = new SpillableTexts(this.#quota)
    try {
      return { point, texts, text: texts.keep(sealSnapshot(this.#key, point, snapshot).toString('latin1')) }
    } catch {
      texts.remove()
      return null
    }
  }

  /**
   * Returns a kept snapshot.
   *
   * @throws when it cannot be read, was changed, or is not of `point`.
   */
  open({ text, texts }: KeptSnapshot, point: SnapshotPoint): Uint8Array {
    return openSnapshot(this.#key, point, Buffer.from(texts.read(text), 'latin1'))
  }

  remove({ texts }: KeptSnapshot): void {
    texts.remove()
  }
}
