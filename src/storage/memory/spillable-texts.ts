import { CodecellError } from '../../errors.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import { SpillFile, type Spilled } from './spill-file.ts'

/** Limits of a session: memory in characters, temporary files in bytes. */
export type TextQuotaLimits = { readonly memory: number; readonly disk: number }

/** The quota of a session, which its cells share. */
export class TextQuota {
  readonly #limits: TextQuotaLimits
  #inMemory = 0
  #onDisk = 0

  constructor(limits: TextQuotaLimits) {
    this.#limits = limits
  }

  tryTakeMemory(length: number): boolean {
    if (this.#inMemory + length > this.#limits.memory) return false
    this.#inMemory += length
    return true
  }

  /** @throws {CodecellError} `LIMIT_EXCEEDED` */
  takeDisk(bytes: number): void {
    const observed = this.#onDisk + bytes
    if (observed > this.#limits.disk) {
      const { disk: max } = this.#limits
      throw new CodecellError('LIMIT_EXCEEDED', limitText('spill_bytes', max, observed), {
        details: { limit: 'maxSpillBytes', max, observed },
      })
    }
    this.#onDisk = observed
  }

  release(length: number, bytes: number): void {
    this.#inMemory -= length
    this.#onDisk -= bytes
  }
}

/** A string, or its position in the file. */
export type SpillableText = string | Spilled

/** A shorter string takes as much memory as its position in a file. */
const minSpilled = 64

/** Strings that are stored and released together: in memory while the quota lasts, then in a temporary file. */
export class SpillableTexts {
  readonly #quota: TextQuota
  /** Null: everything is in memory. */
  #file: SpillFile | null = null
  #length = 0
  #bytes = 0

  constructor(room: TextQuota) {
    this.#quota = room
  }

  /** @throws {CodecellError} `LIMIT_EXCEEDED`, `STORAGE_FAILED` */
  keep(text: string): SpillableText {
    if (text.length <= minSpilled) return text
    if (this.#quota.tryTakeMemory(text.length)) {
      this.#length += text.length
      return text
    }
    const bytes = 2 * text.length
    this.#quota.takeDisk(bytes)
    this.#bytes += bytes
    this.#file ??= new SpillFile()
    return this.#file.write(text)
  }

  /** @throws {CodecellError} `STORAGE_FAILED` */
  read(text: SpillableText): string {
    if (typeof text === 'string') return text
    if (this.#file === null)
      throw new CodecellError('STORAGE_FAILED', 'Cannot read a string: its temporary file was removed')
    return this.#file.read(text)
  }

  remove(): void {
    this.#file?.remove()
    this.#file = null
    this.#quota.release(this.#length, this.#bytes)
    this.#length = 0
    this.#bytes = 0
  }
}
