import type { ServerResponse } from 'node:http'

/** The interval of signs of life, in milliseconds. */
const beatMs = 15_000

type Stream = { readonly response: ServerResponse; isBehind: boolean }

/** The pages that receive events. All receive the same text, so an event costs little per page. */
export class EventStreams implements Disposable {
  readonly #streams = new Set<Stream>()
  readonly #first: () => object
  readonly #timer: NodeJS.Timeout
  /** Called when the first stream opens. */
  onUse: () => void = () => undefined

  /** @param first - Returns the first event of a stream, after which a page loads its lists. */
  constructor(first: () => object) {
    this.#first = first
    this.#timer = setInterval(() => this.#beat(), beatMs)
    this.#timer.unref()
  }

  get count(): number {
    return this.#streams.size
  }

  open(response: ServerResponse): void {
    const stream: Stream = { response, isBehind: false }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(textOf(this.#first()))
    this.#streams.add(stream)
    response.once('close', () => this.#streams.delete(stream))
    response.on('drain', () => this.#catchUp(stream))
    this.onUse()
  }

  send(event: object): void {
    if (this.#streams.size === 0) return
    const text = textOf(event)
    for (const stream of this.#streams) {
      // A page that does not read its events gets the first event again instead of them.
      if (stream.response.writableNeedDrain) stream.isBehind = true
      else stream.response.write(text)
    }
  }

  /** Ends the stream of a user whose login has ended. */
  close(response: ServerResponse): void {
    response.end(textOf({ type: 'logged_out' }))
  }

  #catchUp(stream: Stream): void {
    if (!stream.isBehind) return
    stream.isBehind = false
    stream.response.write(textOf(this.#first()))
  }

  #beat(): void {
    for (const { response } of this.#streams) if (!response.writableNeedDrain) response.write(': alive\n\n')
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const { response } of this.#streams) response.end()
  }
}

function textOf(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`
}
