import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSessions } from '../../src/index.ts'
import { postgresStore } from '../../src/store.ts'
import { builtProgram } from '../support/built-program.ts'
import { bin } from '../support/cli.ts'
import { Certificates } from '../support/links/certificates.ts'
import { querySql } from '../support/postgres/shared-server.ts'
import { PostgresServer } from '../support/postgres/postgres-server.ts'
import { changes, type Break } from './breaks.ts'
import { FleetNode } from './fleet-node.ts'
import { Network, onMachine, type Machine } from './network.ts'
import type { FromNode, NodeOrder } from './node-messages.ts'
import { MachineProcess } from './processes.ts'
import { StoreProxy } from './store-proxy-handle.ts'

export const leaseMs = 3000
/** The tokens of MCP clients. Each has a session of its own. */
export const serveTokens: readonly string[] = [1, 2, 3, 4].map((number) => `token-of-client-${number}-0123456789`)
export const tenants = ['acme', 'umbrella'] as const
const nodeCount = 3
const supervisorCount = 2
const clockLibraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (triple) => `/usr/lib/${triple}/faketime/libfaketimeMT.so.1`,
)

type Parts = {
  readonly folder: string
  readonly network: Network
  readonly certificates: Certificates
  readonly server: PostgresServer
  readonly serverMachine: Machine
  readonly proxy: StoreProxy
  readonly program: string
}

/** Returns the reason why a fleet cannot run here; null: it can. */
export function fleetUnavailable(): string | null {
  return (
    Network.unavailable() ??
    (clockLibrary() !== null ? null : 'libfaketime is missing; run apt-get install libfaketime')
  )
}

/** Nodes, supervisors and PostgreSQL, each on a machine of its own. */
export class Fleet implements AsyncDisposable {
  readonly network: Network
  readonly server: PostgresServer
  readonly serverMachine: Machine
  readonly proxy: StoreProxy
  readonly supervisorMachines: readonly Machine[]
  readonly nodes: FleetNode[] = []
  readonly supervisors: MachineProcess[] = []
  onMessage: (node: FleetNode, message: FromNode) => void = () => undefined
  readonly folder: string
  readonly #parts: Parts
  readonly #nodeOrders: { readonly machine: Machine; readonly order: NodeOrder }[] = []
  readonly #supervisorFlags: (readonly string[])[] = []

  private constructor(parts: Parts) {
    this.#parts = parts
    this.folder = parts.folder
    this.network = parts.network
    this.server = parts.server
    this.serverMachine = parts.serverMachine
    this.proxy = parts.proxy
    const machines = Array.from({ length: supervisorCount }, (_, index) => this.network.add(`hosts${index}`))
    this.supervisorMachines = machines
    for (const machine of machines) this.#addSupervisor(machine)
    for (let number = 0; number < nodeCount; number++) this.#addNode(number)
  }

  /** Starts the machines, with a package in which one protection is taken out. */
  static async start(broken: Break | null = null, program: 'node.ts' | 'serve-node.ts' = 'node.ts'): Promise<Fleet> {
    const change = broken === null ? null : { name: broken, ...changes[broken] }
    const built = await builtProgram(new URL(program, import.meta.url), change)
    const folder = mkdtempSync(join(tmpdir(), 'codecell-fleet-'))
    mkdirSync(join(folder, 'scratch'))
    const network = new Network()
    const serverMachine = network.add('store')
    const server = await startServer(folder, serverMachine, broken === 'synchronous-commit')
    const proxy = await StoreProxy.start(serverMachine, { port: server.port, nodes: nodeCount })
    const certificates = earlierCertificates()
    const fleet = new Fleet({ folder, network, certificates, server, serverMachine, proxy, program: built })
    await fleet.#prepareStore(broken === 'synchronous-commit')
    for (const index of fleet.supervisorMachines.keys()) await fleet.restartSupervisor(index)
    for (const number of fleet.#nodeOrders.keys()) await fleet.restartNode(number)
    return fleet
  }

  /** Creates the tables. An unsafe server then confirms commits that a crash loses. */
  async #prepareStore(isUnsafe: boolean): Promise<void> {
    await using store = postgresStore(this.server.url())
    await readSessions({ store })
    if (!isUnsafe) return
    await this.sql('ALTER SYSTEM SET synchronous_commit = off')
    await this.sql('SELECT pg_reload_conf()')
  }

  #addSupervisor(machine: Machine): void {
    this.#parts.certificates.make({ names: [`IP:${machine.address}`], validity: longValidity() })
    const tls = this.#parts.certificates.flags
    this.#supervisorFlags.push(['hosts', '--listen', `${machine.address}:7700`, '--slots', '24', ...tls])
  }

  #addNode(number: number): void {
    const name = `node${number}`
    const machine = this.network.add(name)
    const names = [...tenants.map((tenant) => `URI:urn:codecell:tenant:${tenant}`), `IP:${machine.address}`]
    this.#parts.certificates.make({ names, validity: longValidity() })
    const [, cert = '', , key = '', , ca = ''] = this.#parts.certificates.flags
    const url = new URL(this.server.url())
    url.host = `${this.serverMachine.address}:${this.proxy.ports[number]}`
    const addresses = this.supervisorMachines.map(({ address }) => `${address}:7700`)
    const { address } = machine
    const order = {
      name,
      address,
      tokens: serveTokens,
      url: url.href,
      tenants,
      leaseMs,
      addresses,
      tls: { cert, key, ca },
    }
    this.#nodeOrders.push({ machine, order })
  }

  async restartNode(number: number): Promise<void> {
    const parts = this.#nodeOrders[number]
    if (parts === undefined) throw new RangeError('there is no such node')
    await this.nodes[number]?.process.end()
    const { folder, program } = this.#parts
    mkdirSync(join(folder, 'scratch'), { recursive: true })
    const ready = Promise.withResolvers<void>()
    const node = new FleetNode({
      ...parts,
      number,
      folder,
      program,
      clockLibrary: clockLibrary(),
      onMessage: (from, message) => (message.type === 'ready' ? ready.resolve() : this.onMessage(from, message)),
    })
    await Promise.race([ready.promise, node.process.ended])
    this.nodes[number] = node
  }

  async restartSupervisor(index: number): Promise<void> {
    const machine = this.supervisorMachines[index]
    const flags = this.#supervisorFlags[index]
    if (machine === undefined || flags === undefined) throw new RangeError('there is no such supervisor')
    await this.supervisors[index]?.end()
    const started = new MachineProcess(machine, [bin, ...flags])
    this.supervisors[index] = started
    await started.printed('Listening on ')
  }

  /** Runs SQL on the server, again while it restarts. */
  async sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await querySql(this.server.url(), text)
      } catch (error) {
        if (attempt === 400) throw error
        // waits because the server comes back by itself
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { folder, network, certificates, server, proxy } = this.#parts
    await Promise.all([
      ...this.nodes.map(({ process }) => process.end()),
      ...this.supervisors.map((each) => each.end()),
    ])
    await proxy.end()
    await server.stop()
    network[Symbol.dispose]()
    certificates[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startServer(folder: string, machine: Machine, isUnsafe: boolean): Promise<PostgresServer> {
  const access = join(folder, 'pg_hba.conf')
  writeFileSync(access, 'host all all 0.0.0.0/0 scram-sha-256\n')
  const unsafe = { wal_writer_delay: '10s', wal_writer_flush_after: '100MB' }
  return await PostgresServer.start(
    isUnsafe ? unsafe : {},
    { 'pg_hba.conf': access },
    {
      address: machine.address,
      command: (program, args) => onMachine(machine, [program, args]),
    },
  )
}

function clockLibrary(): string | null {
  return clockLibraries.find((path) => existsSync(path)) ?? null
}

/** Makes an authority that is valid when a clock is late by an hour. */
function earlierCertificates(): Certificates {
  const shifted = { LD_PRELOAD: clockLibrary() ?? '', FAKETIME: '-3h' }
  Object.assign(process.env, shifted)
  try {
    return new Certificates()
  } finally {
    for (const name of Object.keys(shifted)) delete process.env[name]
  }
}

/** Certificates that are valid when a clock is wrong by an hour. */
function longValidity(): readonly [from: string, to: string] {
  const text = (ms: number): string => `${new Date(ms).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`
  return [text(Date.now() - 3 * 3_600_000), text(Date.now() + 48 * 3_600_000)]
}
