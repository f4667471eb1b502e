import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { identityOf } from '../common/ownership.ts'
import { sessionLost, storageFailed } from '../common/storage-error.ts'

/**
 * Maximum number of files kept open between two lines, over all sessions: systems allow a process at least a few
 * hundred.
 */
const maxOpen = 128

/** The open files, the least recently used first. */
const openFiles = new Set<AppendFile>()

/**
 * A file that only grows, by whole lines. Lines that cannot be written wait in order until `flush` retries them; a
 * partly written line is removed.
 */
export class AppendFile {
  readonly path: string
  readonly #isSynced: boolean
  #descriptor: number | null = null
  /** End of the last whole line; -1: unknown. */
  #end = -1
  /** Identity of the file when it was first opened; empty: not opened yet. */
  #identity = ''
  readonly #waiting: Buffer[] = []

  constructor(path: string, { fsync }: { readonly fsync: boolean }) {
    this.path = path
    this.#isSynced = fsync
  }

  /**
   * Creates the file when it does not exist.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  create(): void {
    try {
      this.#open()
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  /** Sets the file that this process has put at the path. */
  expect(identity: string): void {
    this.#identity = identity
  }

  /** Whether the file at the path is the one that was written. */
  get isInPlace(): boolean {
    return this.#identity === '' || identityOf(this.path) === this.#identity
  }

  /** Whether everything that was added is in the file. */
  get isWhole(): boolean {
    return this.#waiting.length === 0
  }

  /** The lines that are not in the file yet. */
  get waiting(): readonly Buffer[] {
    return this.#waiting
  }

  /** Adds a line, at once if possible. Returns false when the line waits. */
  add(line: Buffer): boolean {
    this.#waiting.push(line)
    try {
      this.flush()
      return true
    } catch {
      return false
    }
  }

  /**
   * Writes the lines that wait.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  flush(): void {
    if (this.#waiting.length === 0) return
    try {
      const descriptor = this.#open()
      for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
        this.#write(descriptor, line)
        this.#end += line.length
        this.#waiting.shift()
      }
      if (this.#isSynced) fdatasyncSync(descriptor)
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  close(): void {
    if (this.#descriptor === null) return
    closeSync(this.#descriptor)
    this.#descriptor = null
    openFiles.delete(this)
  }

  #open(): number {
    openFiles.delete(this)
    if (this.#descriptor === null) {
      // Another process that took the session over has put its own file there.
      if (!this.isInPlace) throw sessionLost(this.path)
      this.#descriptor = openSync(this.path, 'a', 0o600)
      if (this.#identity === '') this.#identity = identityOf(this.path)
      if (this.#end === -1) this.#end = fstatSync(this.#descriptor).size
      if (openFiles.size >= maxOpen) {
        const [oldest] = openFiles
        oldest?.close()
      }
    }
    openFiles.add(this)
    return this.#descriptor
  }

  #write(descriptor: number, line: Buffer): void {
    try {
      for (let from = 0; from < line.length;) from += writeSync(descriptor, line, from)
    } catch (error) {
      // A partly written line would corrupt the next one.
      ftruncateSync(descriptor, this.#end)
      throw error
    }
  }
}
