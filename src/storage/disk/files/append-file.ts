import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { identityOf } from '../ownership.ts'
import { sessionLost, storageFailed } from '../storage-error.ts'

/** Files that are kept open between two lines, over all sessions: systems allow a process a few hundred at least. */
const maxOpen = 128

/** The open ones, the one that was used longest ago first. */
const openFiles = new Set<AppendFile>()

/**
 * A file that only grows, by whole lines. What cannot be written waits, in order, and is tried again by `flush`; a line that
 * was written in part is taken back.
 */
export class AppendFile {
  readonly path: string
  readonly #isSynced: boolean
  #descriptor: number | null = null
  /** Where the last whole line ends; -1: not looked at yet. */
  #end = -1
  /** Which file it was when it was opened first; empty: it has not been opened. */
  #identity = ''
  readonly #waiting: Buffer[] = []

  constructor(path: string, { fsync }: { readonly fsync: boolean }) {
    this.path = path
    this.#isSynced = fsync
  }

  /** Makes the file when it is not there. Throws `STORAGE_FAILED`. */
  create(): void {
    try {
      this.#open()
    } catch (cause) {
      throw storageFailed(this.path, cause)
    }
  }

  /** The file that this process has put at the path. */
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

  /** What is not in the file yet. */
  get waiting(): readonly Buffer[] {
    return this.#waiting
  }

  /** Adds a line, at once if that is possible. False: it waits. */
  add(line: Buffer): boolean {
    this.#waiting.push(line)
    try {
      this.flush()
      return true
    } catch {
      return false
    }
  }

  /** Writes what waits. Throws `STORAGE_FAILED`. */
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
      // What stands of it already would spoil the next line.
      ftruncateSync(descriptor, this.#end)
      throw error
    }
  }
}
