import { Client, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { pause } from './fleet-session.ts'
import type { SeededRandom } from '../faults/random.ts'

/** The result of a program, as its client knows it. `unknown`: a response was lost. */
export type ProgramEnd = { readonly state: 'completed' | 'failed' | 'unknown'; readonly text: string }

/** An MCP client behind a load balancer that picks a server at random. */
export class ServeClient {
  readonly #token: string
  readonly #urls: () => readonly string[]
  readonly #random: SeededRandom
  readonly #trouble: (text: string) => void
  #client: Client | null = null
  isOver = false

  constructor(parts: {
    readonly token: string
    readonly urls: () => readonly string[]
    readonly random: SeededRandom
    readonly trouble: (text: string) => void
  }) {
    this.#token = parts.token
    this.#trouble = parts.trouble
    this.#urls = parts.urls
    this.#random = parts.random
  }

  /** Runs a program to its end. A request that may have had an effect is not repeated. */
  async run(code: string): Promise<ProgramEnd> {
    let text = await this.#call('exec', { code, yield_time_ms: 300 })
    if (text === null) return { state: 'unknown', text: '' }
    let all = text
    let isWhole = true
    for (;;) {
      const [, cellId] = /Script running with cell ID (\w+)/.exec(text ?? '') ?? []
      if (text !== null && cellId === undefined) break
      const known: string | undefined = cellId ?? /cell ID (\w+)/.exec(all)?.[1]
      if (known === undefined || this.isOver) return { state: 'unknown', text: all }
      text = await this.#call('wait', { cell_id: known, yield_time_ms: 1000 })
      if (text === null) isWhole = false
      all += text ?? ''
      if (text?.includes('not found') === true) return { state: 'unknown', text: all }
    }
    const state = text.includes('Script completed') ? 'completed' : 'failed'
    return { state: isWhole ? state : 'unknown', text: all }
  }

  /** Calls a tool of the server. Returns null when the response was lost. */
  async #call(name: string, args: Record<string, unknown>): Promise<string | null> {
    while (!this.isOver) {
      try {
        const client = await this.#connected()
        const result = await client.callTool({ name, arguments: args }, { timeout: 25_000 })
        const text = JSON.stringify(result)
        // The server lost the session before it had the response.
        return text.includes('another owner has taken it over') ? null : text
      } catch (error) {
        const text = textOf(error)
        if (!isRefused(text) && !isCutOff(text)) this.#trouble(`a request failed: ${text}`)
        if (!isRefused(text)) return null
        await pause(200)
      }
    }
    return null
  }

  async #connected(): Promise<Client> {
    if (this.#client !== null) return this.#client
    const client = new Client({ name: 'fleet', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    const transport = new StreamableHTTPClientTransport(new URL(this.#urls()[0] ?? ''), {
      requestInit: { headers: { authorization: `Bearer ${this.#token}` } },
      fetch: async (_url, init) => await this.#fetch(init),
    })
    await client.connect(transport)
    this.#client = client
    return client
  }

  async #fetch(init: RequestInit | undefined): Promise<Response> {
    if (init?.method === 'GET') return new Response(null, { status: 405 })
    const url = this.#random.pick(this.#urls())
    return await fetch(url, { ...init, signal: init?.signal ?? null })
  }

  async close(): Promise<void> {
    await this.#client?.close().catch(() => undefined)
  }
}

function textOf(error: unknown): string {
  const status = error instanceof SdkHttpError ? error.status : ''
  return `${status} ${String(error)} ${String(error instanceof Error ? error.cause : '')}`
}

/** Whether a request may have had an effect, and its response is lost. */
function isCutOff(text: string): boolean {
  return /fetch failed|terminated|ECONNRESET|other side closed|\b499\b|\b502\b|timed out|\babort/i.test(text)
}

/** Whether a request has not reached a session. */
function isRefused(text: string): boolean {
  return /ECONNREFUSED|EHOSTUNREACH|\b503\b|\b421\b/.test(text)
}
