import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { isRecord } from '../../../src/protocol/json.ts'
import { startEchoServer } from '../../fixtures/echo-http-server.ts'
import { startCli, type CliRun } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'
import { HttpBalancer } from '../../support/http-balancer.ts'

/** The effects of programs: a server outside of the fleet that records each request with its key. */
export class Recorder implements AsyncDisposable {
  readonly document: string
  readonly #server: Awaited<ReturnType<typeof startEchoServer>>

  private constructor(server: Awaited<ReturnType<typeof startEchoServer>>) {
    this.#server = server
    this.document = join(newFolder(), 'recorder.json')
    const schema = { type: 'object', properties: { of: { type: 'string' } } }
    const requestBody = { content: { 'application/json': { schema } } }
    const paths = { '/effects': { post: { operationId: 'act', requestBody, responses: {} } } }
    const info = { title: 'recorder', version: '1' }
    writeFileSync(this.document, JSON.stringify({ openapi: '3.1.0', info, servers: [{ url: server.url }], paths }))
  }

  static async start(): Promise<Recorder> {
    // A connection that ends while it is idle would look like an unknown outcome.
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const recorder = new Recorder(await startEchoServer(({ body }) => ({ headers, body })))
    onTestFinished(() => recorder[Symbol.asyncDispose]())
    return recorder
  }

  /** The bodies of all requests. */
  get effects(): readonly string[] {
    return this.#server.seen.map(({ body }) => {
      const parsed: unknown = JSON.parse(body)
      return isRecord(parsed) ? String(parsed['of']) : body
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

export type FleetProcess = { readonly run: CliRun; readonly url: string; readonly peer: string }

/** Processes of `codecell serve --http` over one store, behind a load balancer. */
export class FleetProcesses {
  readonly balancer: HttpBalancer
  readonly #args: readonly string[]
  readonly #all: FleetProcess[] = []

  private constructor(balancer: HttpBalancer, args: readonly string[]) {
    this.balancer = balancer
    this.#args = args
  }

  static async start(
    count: number,
    {
      store,
      tokens,
      args = [],
    }: { readonly store: string; readonly tokens: readonly string[]; readonly args?: readonly string[] },
  ): Promise<FleetProcesses> {
    const folder = newFolder()
    writeFileSync(join(folder, 'tokens'), tokens.join('\n'))
    writeFileSync(join(folder, 'key'), 'fleet-key-0123456789-0123456789-0123456789')
    const balancer = await HttpBalancer.start()
    onTestFinished(() => balancer[Symbol.asyncDispose]())
    const own = ['--store', store, '--token-file', join(folder, 'tokens'), '--fleet-key-file', join(folder, 'key')]
    const host = ['--http-host', new URL(balancer.url).host]
    const fleet = new FleetProcesses(balancer, ['serve', '--http', ...own, ...host, ...args])
    await Promise.all(Array.from({ length: count }, () => fleet.add()))
    return fleet
  }

  get all(): readonly FleetProcess[] {
    return this.#all
  }

  /** Starts one more server. */
  async add(): Promise<FleetProcess> {
    const port = await freePort()
    const peer = ['--peer-listen', `127.0.0.1:${port}`, '--peer-url', `http://127.0.0.1:${port}`]
    const run = startCli([...this.#args, ...peer])
    onTestFinished(async () => {
      run.child.kill('SIGKILL')
      await run.result
    })
    const [, url = ''] = /Serving (\S+)/.exec(await run.said('/mcp\n')) ?? []
    const server = { run, url, peer: `http://127.0.0.1:${port}` }
    this.#all.push(server)
    this.#balance()
    return server
  }

  /** Returns the server that has the session of the only client. */
  async ownerOf(token: string): Promise<FleetProcess> {
    const open = await Promise.all(
      this.#all.map(async (server) => ({ server, has: await hasSession(server.peer, token) })),
    )
    const owner = open.find(({ has }) => has)
    if (owner === undefined) throw new Error('no server has the session')
    return owner.server
  }

  /** Sends no further requests to a server that does not respond, and ends those at it. */
  cutOff(server: FleetProcess): void {
    this.#forget(server)
    this.balancer.cutOff(server.url)
  }

  /** Ends a server; the balancer notices it at the next request. */
  async kill(server: FleetProcess): Promise<void> {
    server.run.child.kill('SIGKILL')
    await server.run.result
    this.#forget(server)
  }

  /** Drains a server, which gets no further requests. Returns its exit code. */
  async drain(server: FleetProcess): Promise<number | null> {
    this.#forget(server)
    server.run.child.kill('SIGTERM')
    return (await server.run.result).code
  }

  #forget(server: FleetProcess): void {
    this.#all.splice(this.#all.indexOf(server), 1)
    this.#balance()
  }

  #balance(): void {
    this.balancer.use(this.#all.map(({ url }) => url))
  }
}

/** A client of the newer protocol that sends each request again until it gets a response, as an agent does. */
export class StubbornClient {
  readonly #url: string
  readonly #token: string
  #id = 0
  /** The statuses of refused requests; 0 for a connection that ended. */
  readonly refusals: number[] = []

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** Runs a program to its end, in the cell with this id. Returns the text of its output. */
  async run(cellId: number, code: string): Promise<string> {
    let text = ''
    let call: readonly [string, object] = ['exec', { code, yield_time_ms: 1 }]
    for (;;) {
      const result = await this.#call(...call)
      text += result
      const isUnknown = result.includes(`exec cell ${cellId} not found`)
      if (!isUnknown && /Script completed|Script failed/.test(result)) return text
      // An `exec` whose response was lost has started its program, or has not.
      call = isUnknown
        ? ['exec', { code, yield_time_ms: 1 }]
        : ['wait', { cell_id: String(cellId), yield_time_ms: 2000 }]
      // waits because a server or its lease has ended
      if (result === '' || isUnknown) await delay(100)
    }
  }

  /** Returns whether a request that has no effect gets a response. */
  async isServed(headers: Readonly<Record<string, string>>): Promise<boolean> {
    return (await this.#call('wait', { cell_id: '0' }, headers)) !== ''
  }

  /** Returns the text of a response; empty when there was none. */
  async #call(name: string, input: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    try {
      const response = await fetch(`${this.#url}/mcp`, {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `Bearer ${this.#token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': name,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: ++this.#id,
          method: 'tools/call',
          params: { name, arguments: input, _meta: envelope },
        }),
      })
      const text = await response.text()
      if (response.status === 200) return text
      this.refusals.push(response.status)
    } catch {
      this.refusals.push(0)
    }
    return ''
  }
}

/** Returns whether a server has the session of a token: others refuse a forwarded request. */
async function hasSession(peer: string, token: string): Promise<boolean> {
  const client = new StubbornClient(peer, token)
  return await client.isServed({ 'codecell-hop': '1' })
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'stubborn', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
