import { setTimeout as delay } from 'node:timers/promises'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'

const response = z.object({
  structuredContent: z.object({ status: z.string(), cell_id: z.string().optional(), output: z.string() }),
})

type Response = z.infer<typeof response>['structuredContent']

/** A client of one token, which runs one program. It repeats `wait` when a connection ends. */
export class ProgramClient {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** Starts a program. Returns the id of its cell. */
  async start(code: string): Promise<string> {
    const { cell_id: cellId = '', output } = await this.#call('exec', { code, yield_time_ms: 1 })
    if (cellId === '') throw new Error(`expected a running program, got: ${output}`)
    return cellId
  }

  /** Returns the output of the program when it has ended. */
  async result(cellId: string): Promise<string> {
    for (let text = ''; ;) {
      try {
        const { status, output } = await this.#call('wait', { cell_id: cellId, yield_time_ms: 1000 })
        text += output
        if (status !== 'running') return text
      } catch {
        await delay(200)
      }
    }
  }

  async #call(name: string, input: Readonly<Record<string, unknown>>): Promise<Response> {
    const client = new Client({ name: 'try', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    const requestInit = { headers: { authorization: `Bearer ${this.#token}` } }
    try {
      await client.connect(new StreamableHTTPClientTransport(new URL(this.#url), { requestInit }))
      return response.parse(await client.callTool({ name, arguments: input })).structuredContent
    } finally {
      await client.close().catch(() => undefined)
    }
  }
}
