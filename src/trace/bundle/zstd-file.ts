import { closeSync, openSync, readSync } from 'node:fs'
// Not by name: Node 20 would fail to link the module before it reports that it is not supported.
import zlib from 'node:zlib'
import { messageOf } from '../../errors.ts'
import { unreadable } from './bundle-files.ts'

const inputSize = 2 ** 16
const outputSize = 2 ** 17

/**
 * Decompresses a file in steps of bounded size, whatever the file has. Node.js decompresses in steps with callbacks only, and
 * a reducer is synchronous, so this uses the handle of the stream, as npm does when it unpacks archives.
 */
export class ZstdFile {
  readonly #path: string
  readonly #stream = zlib.createZstdDecompress()
  readonly #handle: ZstdHandle
  readonly #left: Uint32Array
  readonly #file: number
  readonly #input = Buffer.allocUnsafe(inputSize)
  readonly #output = Buffer.allocUnsafe(outputSize)
  #start = 0
  #end = 0
  #failure: Failure | undefined
  #isClosed = false

  /** `path` is the path inside the bundle, for errors. */
  constructor(file: string, path: string) {
    this.#path = path
    const handle: unknown = Reflect.get(this.#stream, '_handle')
    const left: unknown = Reflect.get(this.#stream, '_writeState')
    if (!isHandle(handle) || !(left instanceof Uint32Array)) {
      throw unreadable(path, `Node.js ${process.version} cannot decompress in steps`)
    }
    this.#handle = handle
    this.#left = left
    const onError: ZstdHandle['onerror'] = (message, _, code) => {
      this.#failure = { message, code }
    }
    Reflect.set(handle, 'onerror', onError)
    try {
      this.#file = openSync(file, 'r')
    } catch (cause) {
      throw unreadable(path, messageOf(cause), cause)
    }
  }

  /**
   * Returns the next decompressed bytes, which are valid until the next call; undefined at the end of the file.
   *
   * @throws {CodecellError} `TRACE_UNREADABLE` for other content than complete frames and the start of one
   */
  next(): Buffer | undefined {
    for (;;) {
      const isAtEnd = this.#start === this.#end && !this.#refill()
      const length = this.#step(this.#input, this.#start, this.#end - this.#start)
      this.#start = this.#end - this.#unread
      if (length > 0) return this.#output.subarray(0, length)
      if (isAtEnd) return undefined
    }
  }

  /** Returns whether the last frame has its end. Call it after the end of the file, once. */
  endsWithFrame(): boolean {
    // Between frames, the next bytes must be the start of a frame. Inside a frame, zeros have another meaning.
    this.#failure = undefined
    this.#handle.writeSync(zlib.constants.ZSTD_e_continue, Buffer.alloc(16), 0, 16, this.#output, 0, outputSize)
    return this.#failureCode() === 'ZSTD_error_prefix_unknown'
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#file)
    this.#stream.close()
  }

  #step(input: Buffer, offset: number, length: number): number {
    this.#handle.writeSync(zlib.constants.ZSTD_e_continue, input, offset, length, this.#output, 0, outputSize)
    if (this.#failure !== undefined) throw unreadable(this.#path, this.#failure.message)
    return outputSize - (this.#left[0] ?? outputSize)
  }

  get #unread(): number {
    return this.#left[1] ?? 0
  }

  #failureCode(): string | undefined {
    return this.#failure?.code
  }

  #refill(): boolean {
    try {
      this.#start = 0
      this.#end = readSync(this.#file, this.#input)
      return this.#end > 0
    } catch (cause) {
      throw unreadable(this.#path, messageOf(cause), cause)
    }
  }
}

type Failure = { readonly message: string; readonly code: string }

/** The native part of a zlib stream. */
type ZstdHandle = {
  readonly writeSync: (
    flush: number,
    input: Buffer,
    inputOffset: number,
    inputLength: number,
    output: Buffer,
    outputOffset: number,
    outputLength: number,
  ) => void
  onerror: (message: string, errno: number, code: string) => void
}

function isHandle(value: unknown): value is ZstdHandle {
  return (
    typeof value === 'object' &&
    value !== null &&
    'onerror' in value &&
    typeof Reflect.get(value, 'writeSync') === 'function'
  )
}
