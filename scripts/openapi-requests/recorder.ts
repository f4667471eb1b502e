import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

export type RecordedRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A server on loopback that records the last request. */
export class Recorder {
  readonly url: string
  readonly #close: () => void
  #last: RecordedRequest | null = null

  private constructor(url: string, close: () => void) {
    this.url = url
    this.#close = close
  }

  static async start(): Promise<Recorder> {
    const requests: { record: (request: RecordedRequest) => void } = { record: () => {} }
    const server = createServer((request, response) => {
      void buffer(request).then((body) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        )
        requests.record({ method: request.method ?? '', url: request.url ?? '', headers, body })
        response.setHeader('content-type', 'application/json')
        response.end('null')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('server has no port')
    const recorder = new Recorder(`http://127.0.0.1:${address.port}`, () => {
      server.closeAllConnections()
      server.close()
    })
    requests.record = (request) => {
      recorder.#last = request
    }
    return recorder
  }

  /** Returns the request that a sender makes. */
  async requestOf(send: () => Promise<unknown>): Promise<RecordedRequest> {
    this.#last = null
    await send()
    if (this.#last === null) throw new TypeError('no request arrived')
    return this.#last
  }

  close(): void {
    this.#close()
  }
}
