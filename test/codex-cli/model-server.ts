import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isRecord } from '../../src/protocol/json.ts'

/** The next message of the model: calls of its tools. A function receives the tool outputs so far. */
export type Step = ModelItem | (() => Promise<ModelItem>)

export type ModelItem = Readonly<Record<string, unknown>>

/** Returns a call of `exec`. */
export function exec(callId: string, input: string): ModelItem {
  return { type: 'custom_tool_call', id: `ctc_${callId}`, status: 'completed', call_id: callId, name: 'exec', input }
}

/** Returns a call of `wait`. */
export function wait(callId: string, input: object): ModelItem {
  const args = JSON.stringify(input)
  return { type: 'function_call', id: `fc_${callId}`, call_id: callId, name: 'wait', arguments: args }
}

/** A scripted model that ignores its input, with one step for each request. */
export class ModelServer implements AsyncDisposable {
  readonly #server = createServer()
  readonly #steps: readonly Step[]
  #next = 0
  /** Returns the tool outputs in the last request. */
  outputs: readonly ModelItem[] = []

  private constructor(steps: readonly Step[]) {
    this.#steps = steps
    this.#server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (request.url?.endsWith('/responses') !== true) return response.writeHead(404).end()
        this.#remember(Buffer.concat(chunks).toString())
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        return void this.#answer((text) => response.write(text)).then(
          () => response.end(),
          (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
        )
      })
    })
  }

  static async listen(steps: readonly Step[]): Promise<ModelServer> {
    const model = new ModelServer(steps)
    await new Promise<void>((resolve) => {
      model.#server.listen(0, '127.0.0.1', resolve)
    })
    return model
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #remember(body: string): void {
    const request: unknown = JSON.parse(body)
    const input: unknown = isRecord(request) ? request['input'] : []
    const items = (Array.isArray(input) ? input : []).filter(isRecord)
    this.outputs = items.filter(({ type }) => type === 'custom_tool_call_output' || type === 'function_call_output')
  }

  async #answer(write: (text: string) => void): Promise<void> {
    const step = this.#steps[this.#next++]
    const id = `resp-${this.#next}`
    const event = (value: { readonly type: string }): void =>
      write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`)
    event(Object.assign({ type: 'response.created' }, { response: { id } }))
    const item = typeof step === 'function' ? await step() : (step ?? farewell)
    event(Object.assign({ type: 'response.output_item.done' }, { item }))
    event(Object.assign({ type: 'response.completed' }, { response: { id, usage } }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

const farewell: ModelItem = {
  type: 'message',
  role: 'assistant',
  id: 'msg',
  content: [{ type: 'output_text', text: 'done' }],
}

const usage = {
  input_tokens: 0,
  input_tokens_details: null,
  output_tokens: 0,
  output_tokens_details: null,
  total_tokens: 0,
}
