import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CodecellError, messageOf } from '../../src/errors.ts'
import { connectMcpServers, type McpServerConfig, type McpServers } from '../../src/mcp.ts'
import type { Tool } from '../../src/index.ts'
import { SeededRandom } from '../faults/random.ts'
import { callContext } from '../fixtures/call-context.ts'
import { ScriptedHttpServer, type HttpReply } from '../fixtures/scripted-http-server.ts'
import { childEnv } from '../support/cli.ts'

const program = fileURLToPath(new URL('../fixtures/scripted-mcp-server.ts', import.meta.url))

/** Maximum time of a call that is not answered, and of the recovery of all servers, in milliseconds. */
const maxCallMs = 10_000
const maxRecoveryMs = 60_000

export type ServerSoakReport = {
  /** The faults that the servers had. */
  readonly faults: number
  readonly succeeded: number
  readonly failed: number
  /** Calls without an end, tools that do not work at the end, and leaks. */
  readonly problems: readonly string[]
}

export type ServerSoakOptions = {
  readonly seconds: number
  readonly seed: number
  readonly onProgress?: (report: ServerSoakReport) => void
}

/** Kills, restarts and updates MCP servers, of which some start late, while their tools are called. At the end every tool works, and nothing is left. */
export async function runServerSoak({ seconds, seed, onProgress }: ServerSoakOptions): Promise<ServerSoakReport> {
  const before = resources()
  const soak = await ServerSoak.start(seed)
  const until = Date.now() + seconds * 1000
  await soak.run(until, onProgress ?? (() => undefined))
  await soak.checkRecovery()
  await soak[Symbol.asyncDispose]()
  soak.checkProcesses()
  await soak.checkResources(before)
  return soak.report
}

class ServerSoak implements AsyncDisposable {
  readonly problems: string[] = []
  readonly #random: SeededRandom
  readonly #folder: string
  readonly #web: WebServer[]
  readonly #servers: McpServers
  /** The processes of the servers, as far as their calls have succeeded: the id of another one can belong to another program. */
  readonly #pids = new Map<string, number>()
  #faults = 0
  #succeeded = 0
  #failed = 0
  #version = 0

  private constructor(seed: number, folder: string, web: WebServer[], servers: McpServers) {
    this.#random = new SeededRandom(seed)
    this.#folder = folder
    this.#web = web
    this.#servers = servers
  }

  static async start(seed: number): Promise<ServerSoak> {
    const folder = await mkdtemp(join(tmpdir(), 'codecell-soak-'))
    await Promise.all(stdioNames.map((name) => writeFile(join(folder, name), 'tool-0')))
    // The first start of these servers fails.
    await Promise.all(stdioNames.map((name) => writeFile(refusalFile(folder, name), name === 'late' ? 'yes' : '')))
    const web = await Promise.all([false, true, false].map((isSse) => WebServer.start(isSse)))
    const late = web.at(-1)
    if (late !== undefined) late.server.refusal = busy
    const configs = [
      ...stdioNames.map((name) => stdioConfig(name, join(folder, name), refusalFile(folder, name))),
      ...web.map(({ url }, index): McpServerConfig => ({ type: 'http', name: `web${index}`, url, headers: {} })),
    ]
    const servers = await connectMcpServers(configs, { restartDelayMs: 20, toolTimeoutMs: maxCallMs })
    const soak = new ServerSoak(seed, folder, web, servers)
    const failed = servers.failures.map(({ server }) => server)
    if (failed.join() !== 'late,web2') soak.problems.push(`the servers ${failed.join()} did not start, not late,web2`)
    await writeFile(refusalFile(folder, 'late'), '')
    if (late !== undefined) late.server.refusal = null
    return soak
  }

  get report(): ServerSoakReport {
    return { faults: this.#faults, succeeded: this.#succeeded, failed: this.#failed, problems: this.problems }
  }

  async run(until: number, onProgress: (report: ServerSoakReport) => void): Promise<void> {
    const callers = [1, 2, 3].map(async () => {
      while (Date.now() < until) {
        await this.#call(this.#random.pick(this.#servers.tools.filter(({ name }) => name !== 'exit')))
        // waits because calls are spread over time
        await delay(this.#random.below(20))
      }
    })
    while (Date.now() < until) {
      await this.#fault()
      onProgress(this.report)
      // waits because servers need time between faults
      await delay(50 + this.#random.below(400))
    }
    await Promise.all(callers)
  }

  async #fault(): Promise<void> {
    this.#faults++
    const victim = this.#random.pick(stdioNames)
    const web = this.#random.pick(this.#web)
    switch (this.#random.below(9)) {
      case 0:
      case 1:
        kill(this.#pids.get(victim) ?? 0, this.#random.below(2) === 0 ? 'SIGKILL' : 'SIGTERM')
        this.#pids.delete(victim)
        return
      case 2:
        return await web.restart()
      case 3:
        return web.server.forgetSessions()
      case 4:
        for (const stream of web.server.streams) stream.end()
        return
      case 5:
        return await this.#refuseStarts(victim)
      case 6:
        return await this.#refuseRequests(web)
      case 7:
        await this.#callOddly(web)
        return
      default: {
        await writeFile(join(this.#folder, victim), `tool-${++this.#version}`)
        await this.#call(this.#toolOf(victim, 'exit'))
      }
    }
  }

  /** Ends a server that then does not start for a while. */
  async #refuseStarts(victim: string): Promise<void> {
    await writeFile(refusalFile(this.#folder, victim), 'yes')
    await this.#call(this.#toolOf(victim, 'exit'))
    // waits because the attempts to start are spread over time
    await delay(this.#random.below(300))
    await writeFile(refusalFile(this.#folder, victim), '')
  }

  /** Lets a server refuse all requests for a while, and forget its sessions. */
  async #refuseRequests({ server }: WebServer): Promise<void> {
    server.refusal = busy
    server.forgetSessions()
    // waits because the requests are spread over time
    await delay(this.#random.below(500))
    server.refusal = null
  }

  /** Gets a response that cannot be read, or has a content coding. */
  async #callOddly(web: WebServer): Promise<void> {
    const tool = this.#toolOf(`web${this.#web.indexOf(web)}`, 'reply')
    const stream = { 'content-type': 'text/event-stream' }
    const body = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'
    const replies: readonly HttpReply[] = [
      { body: '{"id":$ID,"result":null}' },
      { body: '{"id":$ID,"result":{' },
      { body, codings: ['gzip'] },
      { body: `data: ${body}\n\n`, codings: ['br'], headers: stream },
      { body: 'retry: 1\nid: 1\ndata:\n\n', headers: stream },
      { status: 503, headers: { 'retry-after': '1' }, body: '' },
    ]
    // Over SSE the other responses are not those of the call.
    await this.#call(tool, web.isSse ? replies[this.#random.below(2)] : this.#random.pick(replies))
  }

  #toolOf(server: string, name: string): Tool | undefined {
    return this.#servers.tools.find((tool) => tool.server === server && tool.name === name)
  }

  /** Calls a tool. Returns whether it succeeded. */
  async #call(tool: Tool | undefined, given?: HttpReply): Promise<boolean> {
    if (tool === undefined) return false
    const startedAt = Date.now()
    try {
      const input = given ?? (tool.name === 'reply' ? replyFor(tool) : { code: 3 })
      const [, pid] = /"text":"(\d+)\//.exec(JSON.stringify(await tool.call(input, callContext()))) ?? []
      if (pid !== undefined) this.#pids.set(tool.server ?? '', Number(pid))
      this.#succeeded++
      return true
    } catch (error) {
      this.#failed++
      this.#pids.delete(tool.server ?? '')
      const isExpected = CodecellError.is(error, 'TOOL_FAILED') || CodecellError.is(error, 'TOOL_OUTCOME_UNKNOWN')
      if (!isExpected) this.problems.push(`a call threw ${messageOf(error)}`)
      if (Date.now() - startedAt >= maxCallMs) this.problems.push(`a call waited for its timeout: ${messageOf(error)}`)
      return false
    }
  }

  /** Every server is ready with its latest tools, and every tool works. */
  async checkRecovery(): Promise<void> {
    const until = Date.now() + maxRecoveryMs
    const servers = new Set(this.#servers.tools.map(({ server }) => server))
    if (servers.size !== stdioNames.length + this.#web.length) this.problems.push('a server has no tools')
    for (const { server, message } of this.#servers.failures)
      this.problems.push(`server ${server} has not started: ${message}`)
    const waiting = new Set(servers)
    while (waiting.size > 0 && Date.now() < until) {
      for (const server of waiting) if (await this.#works(server)) waiting.delete(server)
      // waits because the end of a server has no event here
      await delay(50)
    }
    for (const server of waiting) this.problems.push(`server ${server} does not work`)
    // The latest list of a server whose list has changed.
    for (const name of stdioNames) {
      const latest = await readFile(join(this.#folder, name), 'utf8')
      if (this.#toolOf(name, latest) === undefined) this.problems.push(`server ${name} does not offer ${latest}`)
    }
    const lost = this.#servers.status.filter(({ state }) => state !== 'ready')
    for (const status of lost) this.problems.push(`server ${status.server} is ${status.state}`)
  }

  async #works(server: string | undefined): Promise<boolean> {
    const tools = this.#servers.tools.filter((tool) => tool.server === server && tool.name !== 'exit')
    const results = await Promise.all(tools.map((tool) => this.#call(tool)))
    return results.every(Boolean)
  }

  checkProcesses(): void {
    for (const pid of this.#pids.values()) if (kill(pid, 0)) this.problems.push(`process ${pid} is left`)
  }

  async checkResources(before: ReadonlyMap<string, number>): Promise<void> {
    const leaks = (): string[] =>
      [...resources()].flatMap(([name, count]) =>
        count > (before.get(name) ?? 0) ? [`${count} ${name} are left`] : [],
      )
    for (let tries = 0; tries < 50 && leaks().length > 0; tries++) {
      // waits because the end of a server has no event here
      await delay(100)
    }
    this.problems.push(...leaks())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers[Symbol.asyncDispose]()
    for (const { server } of this.#web) {
      for (let tries = 0; tries < 20 && (await server.connections()) > 0; tries++) {
        // waits because the end of a connection has no event here
        await delay(100)
      }
      if ((await server.connections()) > 0) this.problems.push('a connection is left')
      await server[Symbol.asyncDispose]()
    }
    await rm(this.#folder, { recursive: true })
  }
}

const stdioNames = ['one', 'two', 'three', 'late'] as const

const busy: HttpReply = { status: 503, headers: { 'retry-after': '1' }, body: 'busy' }

/** The file that lets a server refuse to start while it has content. */
function refusalFile(folder: string, name: string): string {
  return join(folder, `${name}.refusal`)
}

function stdioConfig(name: string, tools: string, refusal: string): McpServerConfig {
  const env = childEnv({ TOOLS: tools, REFUSE_START: refusal })
  return { type: 'stdio', name, command: process.execPath, args: [program], env, cwd: null }
}

/** A server over HTTP that can be restarted on its port. */
class WebServer {
  readonly isSse: boolean
  readonly #port: number
  server: ScriptedHttpServer

  private constructor(isSse: boolean, server: ScriptedHttpServer, port: number) {
    this.isSse = isSse
    this.server = server
    this.#port = port
  }

  static async start(isSse: boolean): Promise<WebServer> {
    const server = new ScriptedHttpServer({ isSse })
    return new WebServer(isSse, server, await server.listen())
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`
  }

  async restart(): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    // waits because the end of a server has no event here
    await delay(100)
    this.server = new ScriptedHttpServer({ isSse: this.isSse })
    await this.server.listen(this.#port)
  }
}

function replyFor({ server }: Tool): object {
  const body = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"json"}]}}'
  return server?.startsWith('web') === true ? { body } : { lines: [body] }
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid !== 0 && process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Returns what keeps this process running, with the listeners of the process. */
function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>([['listeners', process.listenerCount('exit')]])
  const kinds = new Set(['ProcessWrap', 'PipeWrap', 'TCPSocketWrap', 'TCPServerWrap'])
  for (const kind of process.getActiveResourcesInfo()) {
    if (kinds.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}
