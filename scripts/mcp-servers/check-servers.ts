import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { StartSlots } from '../../src/adapters/mcp/start-slots.ts'
import { createCatalogue } from '../../src/agent.ts'
import { createSession, type CatalogueEntry, type Session } from '../../src/index.ts'
import {
  connectMcpServers,
  loadMcpConfig,
  type LoadedMcpServer,
  type McpServerConfig,
  type McpServers,
} from '../../src/mcp.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { inputFaults, looseTypeFaults, namingFaults, typeFaults, type TypedResult } from './check-listing.ts'
import { callFaults, type CheckedCalls } from './call-faults.ts'
import { callInCell, callPlainly, type PlainCalls } from './run-calls.ts'
import { callsOf, type ServerCall } from './server-calls.ts'
import { listedServers, writeConfiguration, type ListedServer } from './server-list.ts'
import { startWebServers } from './web-servers.ts'

export type ServersOptions = {
  /** The folder in which the packages are installed. */
  readonly installed: string
  /** An empty folder for the files of the servers. */
  readonly folder: string
  /** Whether the servers that control a browser are called. */
  readonly hasChromium: boolean
}

/** A server in the printed table. */
type Row = {
  readonly server: string
  readonly tools: number
  readonly 'start ms': number
  readonly calls: number
  readonly 'slowest call ms': number
  readonly faults: number
}

type Report = { readonly rows: readonly Row[]; readonly faults: readonly string[] }

/** Maximum number of servers that are called at the same time. */
const maxCalled = 4

const command = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))

/**
 * Starts all servers twice, through a configuration and with the client of the SDK alone. Compares their lists of tools and the
 * results of calls, and compiles the declarations.
 */
export async function checkServers({ installed, folder, hasChromium }: ServersOptions): Promise<Report> {
  await using page = await servePage()
  await using web = await startWebServers(installed)
  const [ours, plain] = [join(folder, 'ours'), join(folder, 'plain')]
  const faults: string[] = []
  const startedAt = Date.now()
  const file = writeConfiguration(installed, ours, web.urls)
  const configs = await loadMcpConfig(file, { onWarning: (text) => faults.push(text) })
  const plainConfigs = await loadMcpConfig(writeConfiguration(installed, plain, web.urls))
  await using servers = await connectMcpServers(configs)
  faults.push(...(await commandFaults(file, servers)))
  faults.push(...servers.failures.map(({ server, message }) => `${server} does not start: ${message}`))
  const entries = entriesOf(servers, faults)
  await using session = await createSession({ tools: servers.tools })
  const slots = new StartSlots(maxCalled, 600_000)
  const checked = await Promise.all(
    listedServers.map((server) => {
      const own = entries.filter(({ tool }) => tool.server === server.name)
      const isCalled = hasChromium || server.needsChromium !== true
      const sideIn = (base: string): Side => {
        const at = { folder: join(base, server.name), page: page.url }
        const tools = own.map(({ tool }) => tool)
        return { folder: base, calls: isCalled ? callsOf(server.name, tools, at) : [] }
      }
      const config = plainConfigs.find(({ name }) => name === server.name)
      return slots.run(() =>
        checkCalls(server, { session, entries: own, config, ours: sideIn(ours), plain: sideIn(plain) }),
      )
    }),
  )
  faults.push(
    ...checked.flatMap((one) => one.faults),
    ...typeFaults(
      entries,
      checked.flatMap(({ typed }) => typed),
    ),
  )
  return { rows: checked.map((one) => rowOf(one, servers, startedAt)), faults }
}

/** Returns the tools that the command line does not list. */
async function commandFaults(config: string, { tools }: McpServers): Promise<readonly string[]> {
  const args = ['--disable-warning=ExperimentalWarning', command, 'tools', '--json', '--config', config]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: 64_000_000,
    timeout: 60_000,
  })
  const listed = stdout.split('\n').filter((line) => line.includes('"namespace":"mcp__'))
  const count =
    listed.length === tools.length ? [] : [`"codecell tools" lists ${listed.length} of ${tools.length} tools`]
  return stderr === '' ? count : [...count, `"codecell tools" reports ${stderr}`]
}

/** Returns the entries of all tools, after the checks that need no call. */
function entriesOf({ tools }: McpServers, faults: string[]): readonly CatalogueEntry[] {
  const catalogue = createCatalogue(tools)
  const entries = catalogue.entries.filter(({ tool }) => tool.server !== undefined)
  faults.push(...namingFaults(catalogue), ...inputFaults(entries), ...looseTypeFaults(entries))
  return entries
}

/** One of the two starts of a server: the folder of all servers, and the calls of this one. */
type Side = { readonly folder: string; readonly calls: readonly ServerCall[] }

type ServerParts = {
  readonly session: Session
  readonly entries: readonly CatalogueEntry[]
  readonly config: LoadedMcpServer | undefined
  readonly ours: Side
  readonly plain: Side
}

type Checked = {
  readonly server: string
  readonly tools: number
  readonly calls: number
  readonly slowestMs: number
  readonly typed: readonly TypedResult[]
  readonly faults: readonly string[]
}

async function checkCalls(
  { name }: ListedServer,
  { session, entries, config, ours, plain }: ServerParts,
): Promise<Checked> {
  if (!isUsable(config)) throw new TypeError(`Server ${name} has no usable entry`)
  const calls = ours.calls.map(({ tool, input }) => ({ identifier: identifierOf(entries, tool), input }))
  const [inCell, plainly] = await Promise.all([callInCell(session, calls), callPlainly(config, plain.calls)])
  const checked: CheckedCalls = {
    name,
    calls: ours.calls,
    cell: { ...inCell, folder: ours.folder },
    plain: { ...plainly, folder: plain.folder },
  }
  return {
    server: name,
    tools: entries.length,
    calls: calls.length,
    slowestMs: Math.max(0, ...inCell.outcomes.map(({ ms }) => ms)),
    typed: inCell.outcomes.flatMap((outcome, index) =>
      'result' in outcome ? [{ identifier: calls[index]?.identifier ?? '', result: outcome.result }] : [],
    ),
    faults: [...listFaults(name, entries, plainly), ...callFaults(checked)],
  }
}

/** Returns the tools that differ from those that the client of the SDK lists. */
function listFaults(server: string, entries: readonly CatalogueEntry[], { tools }: PlainCalls): readonly string[] {
  const ours = new Map(entries.map(({ tool }) => [tool.name, partsOf(tool, structureIn(tool.outputSchema))]))
  const different = tools.filter((tool) => !isDeepStrictEqual(ours.get(tool.name), partsOf(tool, tool.outputSchema)))
  const count = tools.length === entries.length ? [] : [`${server} has ${tools.length} tools, not ${entries.length}`]
  return [
    ...count,
    ...different.map(({ name }) => `${server}: the listed tool ${name} differs from that of the server`),
  ]
}

type ListedParts = { readonly description?: unknown; readonly inputSchema?: unknown }

function partsOf({ description, inputSchema }: ListedParts, outputSchema: unknown): object {
  return { description: description ?? '', inputSchema, outputSchema }
}

/** Returns the schema of the structured part in the schema of a result. */
function structureIn(schema: unknown): unknown {
  const properties: unknown = isRecord(schema) ? schema['properties'] : undefined
  return isRecord(properties) ? properties['structuredContent'] : undefined
}

function identifierOf(entries: readonly CatalogueEntry[], name: string): string {
  return entries.find(({ tool }) => tool.name === name)?.identifier ?? `unknown_${name}`
}

function isUsable(config: LoadedMcpServer | undefined): config is McpServerConfig {
  return config !== undefined && config.type !== 'invalid' && config.type !== 'disabled'
}

function rowOf({ server, tools, calls, slowestMs, faults }: Checked, { status }: McpServers, startedAt: number): Row {
  const since = status.find((one) => one.server === server)?.since ?? startedAt
  return { server, tools, 'start ms': since - startedAt, calls, 'slowest call ms': slowestMs, faults: faults.length }
}

/** Serves a page with a button on loopback. */
async function servePage(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>A page for servers</title><body><h1>A page</h1><button>Press</button>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The page has no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
