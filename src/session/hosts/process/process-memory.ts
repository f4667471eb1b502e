import { closeSync, openSync, readSync } from 'node:fs'

const pageBytes = 4096

/**
 * The resident memory of a process. Because it is read many times per second, the file in `/proc` stays open and is read into the
 * same buffer: opening it for each read allocates 64 KiB.
 */
export class ProcessMemory implements Disposable {
  readonly #bytes = Buffer.alloc(128)
  #file: number | null

  constructor(pid: number | undefined) {
    this.#file = pid === undefined ? null : tryOpen(`/proc/${pid}/statm`)
  }

  /** Returns null when the process has ended, and on systems other than Linux. */
  residentBytes(): number | null {
    if (this.#file === null) return null
    try {
      const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0)
      const pages = this.#bytes.toString('latin1', 0, length).split(' ')[1]
      return pages === undefined ? null : Number(pages) * pageBytes
    } catch {
      return null
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

function tryOpen(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}
