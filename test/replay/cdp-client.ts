import { WebSocket } from 'ws'
import { recordOf } from './bundle-edits.ts'

export type CdpMessage = { readonly method: string; readonly params: Record<string, unknown> }

/** A client of the debugger's protocol. */
export class CdpClient {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>()
  readonly #heard: CdpMessage[] = []
  #wake: () => void = () => undefined
  #id = 0
  readonly closed: Promise<void>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('message', (data) => {
      if (!Buffer.isBuffer(data)) return
      const { id, method, params = {}, result, error } = recordOf(JSON.parse(data.toString()))
      if (typeof id === 'number') this.#answers.get(id)?.(recordOf(result ?? error))
      else this.#heard.push({ method: String(method), params: recordOf(params) })
      this.#wake()
    })
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<CdpClient> {
    const socket = new WebSocket(url, { headers })
    const client = new CdpClient(socket)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return client
  }

  call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#id
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  /** Returns the next matching message. */
  async event(method: string, fits: (message: CdpMessage) => boolean = () => true): Promise<CdpMessage> {
    for (;;) {
      const at = this.#heard.findIndex((message) => message.method === method && fits(message))
      const [found] = at === -1 ? [] : this.#heard.splice(at, 1)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.close()
  }
}
