import { closeSync, openSync, readSync } from 'node:fs'

const pageBytes = 4096

/**
 * What a process occupies. It is asked many times a second, so the file of the kernel stays open and is read into the same
 * bytes: opening it for each read leaves 64 KiB of garbage.
 */
export class ProcessMemory implements Disposable {
  readonly #bytes = Buffer.alloc(128)
  #file: number | null

  constructor(pid: number | undefined) {
    this.#file = pid === undefined ? null : opened(`/proc/${pid}/statm`)
  }

  /** Null for a process that is gone, and where there is no such file: it is Linux only. */
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

function opened(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}
