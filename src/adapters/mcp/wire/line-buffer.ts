/** Splits the output of a process into lines, without copying a long line for each of its chunks. */
export class LineBuffer {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Yields the lines that end in a chunk. Throws when the incomplete line exceeds the limit. */
  *append(chunk: Buffer): Generator<string> {
    let rest = chunk
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      this.#chunks.push(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
      const line = Buffer.concat(this.#chunks).toString('utf8')
      this.clear()
      if (line.trim() !== '') yield line
    }
    this.#chunks.push(rest)
    this.#size += rest.length
    if (this.#size <= this.#maxBytes) return
    this.clear()
    throw new RangeError(`a message of the server exceeds ${this.#maxBytes} bytes`)
  }

  /** Returns the last line, which no line break ends. */
  take(): string {
    const line = Buffer.concat(this.#chunks).toString('utf8')
    this.clear()
    return line
  }

  clear(): void {
    this.#chunks = []
    this.#size = 0
  }
}
