import { createInterface } from 'node:readline'
import { isRecord } from '../../src/protocol/json.ts'

/** JSON-RPC with one message per line. */
export class LineRpc {
  readonly #output: NodeJS.WritableStream
  readonly #answers = new Map<unknown, (result: Record<string, unknown>) => void>()
  readonly #heard = new Map<unknown, () => void>()
  #nextId = 1

  constructor(output: NodeJS.WritableStream, input: NodeJS.ReadableStream) {
    this.#output = output
    createInterface({ input }).on('line', (line) => {
      const message: unknown = JSON.parse(line)
      if (!isRecord(message)) return
      this.#heard.get(message['method'])?.()
      this.#answers.get(message['id'])?.(isRecord(message['result']) ? message['result'] : message)
    })
  }

  tell(method: string): void {
    this.#output.write(`${JSON.stringify({ method })}\n`)
  }

  async ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = this.#nextId++
    return await new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#output.write(`${JSON.stringify({ id, method, params })}\n`)
    })
  }

  async heard(method: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#heard.set(method, resolve)
    })
  }
}
