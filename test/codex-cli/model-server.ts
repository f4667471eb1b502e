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

/** Returns a call of another tool. `name` can be `namespace.tool`. */
export function call(callId: string, name: string, input: object): ModelItem {
  const [tool = '', namespace] = name.split('.').toReversed()
  const scope = namespace === undefined ? {} : { namespace }
  return {
    ...scope,
    type: 'function_call',
    id: `fc_${callId}`,
    call_id: callId,
    name: tool,
    arguments: JSON.stringify(input),
  }
}

/** Returns the end of a turn. */
export function say(text: string): ModelItem {
  return { type: 'message', role: 'assistant', id: 'msg', content: [{ type: 'output_text', text }] }
}

/** The end of a turn. A model without further steps sends it too. */
export const farewell: ModelItem = say('done')

/** The steps of the root agent, and those of its agents by path, such as `/root/child`. */
export type Script = {
  readonly steps: readonly Step[]
  readonly agents?: Readonly<Record<string, readonly Step[]>>
  /** The number of tokens that the model reports until its context is compacted. @default 0 */
  readonly contextTokens?: number
}

/** The body of a request of the agent. */
export type ModelRequest = Readonly<Record<string, unknown>>

const rootAgent = '/root'

/** A scripted model that ignores its input, with one step for each request of an agent. */
export class ModelServer implements AsyncDisposable {
  readonly #server = createServer()
  readonly #steps: Map<string, Step[]>
  readonly #contextTokens: number
  #responses = 0
  readonly #outputs = new Map<string, readonly ModelItem[]>()
  readonly requests: ModelRequest[] = []

  private constructor({ steps, agents = {}, contextTokens = 0 }: Script) {
    this.#steps = new Map(Object.entries({ ...agents, [rootAgent]: steps }).map(([agent, all]) => [agent, [...all]]))
    this.#contextTokens = contextTokens
    this.#server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (request.url?.endsWith('/responses') !== true) return response.writeHead(404).end()
        const body = this.#remember(Buffer.concat(chunks).toString())
        const agent = agentOf(request.headers['x-codex-turn-metadata'])
        this.#outputs.set(agent, outputsOf(body))
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        return void this.#respond(body, agent, (text) => response.write(text)).then(
          () => response.end(),
          (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
        )
      })
    })
  }

  static async listen(script: Script): Promise<ModelServer> {
    const model = new ModelServer(script)
    await new Promise<void>((resolve) => {
      model.#server.listen(0, '127.0.0.1', resolve)
    })
    return model
  }

  /** Returns the tool outputs in the last request of an agent. */
  outputs(agent: string = rootAgent): readonly ModelItem[] {
    return this.#outputs.get(agent) ?? []
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #remember(json: string): ModelRequest {
    const body: unknown = JSON.parse(json)
    const request = isRecord(body) ? body : {}
    this.requests.push(request)
    return request
  }

  async #respond(request: ModelRequest, agent: string, write: (text: string) => void): Promise<void> {
    const types = new Set(itemsOf(request).map(({ type }) => type))
    const isCompaction = types.has('compaction_trigger')
    const step = isCompaction ? compaction : this.#steps.get(agent)?.shift()
    const id = `resp-${++this.#responses}`
    const event = (value: { readonly type: string }): void =>
      write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`)
    event(Object.assign({ type: 'response.created' }, { response: { id } }))
    const item = typeof step === 'function' ? await step() : (step ?? farewell)
    event(Object.assign({ type: 'response.output_item.done' }, { item }))
    const usage = usageOf(isCompaction || types.has('compaction') ? 0 : this.#contextTokens)
    event(Object.assign({ type: 'response.completed' }, { response: { id, usage } }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

const compaction: ModelItem = { type: 'compaction', id: 'cmp', encrypted_content: 'c3VtbWFyeQ==' }

function usageOf(tokens: number): object {
  return {
    input_tokens: tokens,
    input_tokens_details: null,
    output_tokens: 0,
    output_tokens_details: null,
    total_tokens: tokens,
  }
}

function itemsOf({ input }: ModelRequest): readonly ModelItem[] {
  return (Array.isArray(input) ? input : []).filter(isRecord)
}

function outputsOf(request: ModelRequest): readonly ModelItem[] {
  return itemsOf(request).filter(({ type }) => type === 'custom_tool_call_output' || type === 'function_call_output')
}

/** Returns the path of the agent from the header with the metadata of a turn. */
function agentOf(header: string | readonly string[] | undefined): string {
  const metadata: unknown = typeof header === 'string' ? JSON.parse(header) : {}
  const name = isRecord(metadata) ? metadata['agent_name'] : undefined
  return typeof name === 'string' ? name : rootAgent
}
