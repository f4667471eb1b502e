import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageFailed } from '../disk/common/storage-error.ts'

/** The position of a string in a file. */
export type Spilled = { readonly at: number; readonly bytes: number }

/** A directory of this process, which is removed with it; null: not created yet. */
let folder: string | null = null
let files = 0

function folderOfProcess(): string {
  if (folder !== null) return folder
  const made = mkdtempSync(join(tmpdir(), `codecell-spill-${process.pid}-`))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  folder = made
  return made
}

/**
 * Strings in a temporary file that only its owner can read. It is open only during a read or a write: there may be very
 * many.
 */
export class SpillFile {
  #path: string | null = null
  #end = 0

  /** @throws {CodecellError} `STORAGE_FAILED` */
  write(text: string): Spilled {
    const bytes = Buffer.from(text, 'utf16le')
    const at = this.#end
    this.#opened('w', (descriptor) => {
      for (let from = 0; from < bytes.length;) {
        from += writeSync(descriptor, bytes, from, bytes.length - from, at + from)
      }
    })
    this.#end = at + bytes.length
    return { at, bytes: bytes.length }
  }

  /** @throws {CodecellError} `STORAGE_FAILED` */
  read({ at, bytes }: Spilled): string {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    this.#opened('r', (descriptor) => {
      for (let from = 0; from < bytes;) {
        const read = readSync(descriptor, buffer, from, bytes - from, at + from)
        if (read === 0) throw new Error('the file is shorter than before')
        from += read
      }
    })
    return buffer.toString('utf16le')
  }

  #opened(way: 'r' | 'w', use: (descriptor: number) => void): void {
    try {
      const isNew = this.#path === null
      this.#path ??= join(folderOfProcess(), `${++files}.texts`)
      const descriptor = openSync(this.#path, way === 'r' ? 'r' : isNew ? 'wx+' : 'r+', 0o600)
      try {
        use(descriptor)
      } finally {
        closeSync(descriptor)
      }
    } catch (cause) {
      throw storageFailed(this.#path ?? tmpdir(), cause)
    }
  }

  remove(): void {
    if (this.#path !== null) rmSync(this.#path, { force: true })
    this.#path = null
    this.#end = 0
  }
}
