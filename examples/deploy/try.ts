import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { PostgresServer } from '../../test/support/postgres/postgres-server.ts'
import { Balancer } from './try/balancer.ts'
import { Networks } from './try/networks.ts'
import { Processes, readComposeFile } from './try/processes.ts'
import { ProgramClient } from './try/program-client.ts'
import { ToolServer } from './try/tool-server.ts'

// sudo node examples/deploy/try.ts
// Runs the commands of compose.yaml in network namespaces: programs while a node is killed and every process is restarted, and
// connections from a host machine. The package must be built.

const programs = 6
const steps = 30
const password = 'try'

const startedAt = performance.now()
function report(text: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`)
}

function check(isRight: boolean, text: string): void {
  report(`${isRight ? 'ok' : 'FAILED'}: ${text}`)
  if (!isRight) process.exitCode = 1
}

/** Makes the secrets that the Compose file mounts. Returns the tokens. */
function writeSecrets(folder: string): readonly string[] {
  const script = fileURLToPath(new URL('certificates.sh', import.meta.url))
  const { status, stderr } = spawnSync(script, [folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`certificates.sh failed: ${stderr}`)
  const tokens = Array.from({ length: programs }, () => randomBytes(24).toString('base64url'))
  writeFileSync(join(folder, 'tokens'), tokens.join('\n'))
  writeFileSync(join(folder, 'fleet-key'), randomBytes(32).toString('base64'))
  return tokens
}

/** Starts PostgreSQL at an address of this process, with the user and the database of the Compose file. */
async function startPostgres(folder: string, address: string): Promise<PostgresServer> {
  const access = join(folder, 'pg_hba.conf')
  writeFileSync(access, 'host all all all scram-sha-256\n')
  const place = { address, command: (program: string, args: readonly string[]) => [program, args] as const }
  const server = await PostgresServer.start({}, { 'pg_hba.conf': access }, place)
  const client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  await client.query(`CREATE ROLE codecell LOGIN PASSWORD '${password}'`)
  await client.query('CREATE DATABASE codecell OWNER codecell')
  await client.end()
  return server
}

/** A program that makes calls which must not be repeated. A call whose outcome is unknown is counted. */
function programOf(name: number): string {
  return `let unknown = 0
for (let step = 0; step < ${steps}; step++) {
  try { await tools.api__step({ key: "${name}-" + step }) } catch (error) { unknown++ }
  await new Promise((resolve) => setTimeout(resolve, 500))
}
text("all steps, unknown: " + unknown)`
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; !isTrue(); attempt++) {
    if (attempt > 600) throw new Error(`${what}: not within a minute`)
    await delay(100)
  }
}

function checkConnections(processes: Processes, networks: Networks, databasePort: number): void {
  check(processes.canConnect('hosts-1', ['node-1', 8080]), 'hosts-1 shares a network with node-1')
  const forbidden: readonly (readonly [string, readonly [string, number]])[] = [
    ['PostgreSQL', [networks.addressOf('postgres'), databasePort]],
    ['the server of tools', [networks.addressOf('tools'), 9000]],
    ['hosts-2', [networks.addressOf('hosts-2'), 7700]],
    ['node-1 in the network of clients', [networks.addressOf('node-1', 'clients'), 8080]],
    ['node-1 in the network of nodes', [networks.addressOf('node-1', 'peers'), 7800]],
    ['the internet', ['1.1.1.1', 443]],
  ]
  for (const [name, address] of forbidden)
    check(!processes.canConnect('hosts-1', address), `hosts-1 cannot connect to ${name}`)
  check(processes.canConnect('node-1', ['hosts-1', 7700]), 'node-1 can connect to hosts-1')
  check(processes.canConnect('node-1', ['node-2', 7800]), 'node-1 can connect to node-2')
}

async function restart(processes: Processes, name: string): Promise<void> {
  const code = await processes.end(name, 'SIGTERM')
  check(code === 0, `${name} drained, and exited with ${code}`)
  processes.start(name)
}

/** Kills a node, then restarts every process one after the other. */
async function disturb(processes: Processes, balancer: Balancer): Promise<void> {
  await processes.end('node-1', 'SIGKILL')
  report('node-1 is killed')
  await delay(1000)
  processes.start('node-1')
  await until(() => balancer.ready === 2, 'both nodes are ready')
  for (const name of ['node-2', 'hosts-1', 'node-1', 'hosts-2']) {
    await restart(processes, name)
    await delay(1500)
    await until(() => balancer.ready === 2, 'both nodes are ready')
  }
}

async function run(folder: string): Promise<void> {
  const compose = readComposeFile()
  await using cleanups = new AsyncDisposableStack()
  const networks = cleanups.use(new Networks(Object.keys(compose.networks)))
  const tokens = writeSecrets(join(folder, 'secrets'))
  networks.join('balancer', 'clients')
  const tools = cleanups.use(await ToolServer.start(networks.join('tools', 'outside')))
  tools.writeDocument(join(folder, 'api.json'))
  const postgres = await startPostgres(folder, networks.join('postgres', 'store'))
  cleanups.defer(() => postgres.stop())
  const processes = cleanups.use(
    new Processes({
      networks,
      services: compose.services,
      replacements: [
        ['/run/secrets', join(folder, 'secrets')],
        ['/etc/codecell/codecell.json', fileURLToPath(new URL('codecell.json', import.meta.url))],
        ['@postgres/', `@postgres:${postgres.port}/`],
      ],
      nodeArgs: [`--openapi=api=${join(folder, 'api.json')}`],
      env: { PGPASSWORD: password },
    }),
  )
  for (const name of processes.names) networks.add(name, compose.services[name]?.networks ?? [])
  for (const name of processes.names) processes.start(name)
  const nodes = ['node-1', 'node-2'].map((name) => `${networks.addressOf(name, 'clients')}:8080`)
  const balancer = cleanups.use(await Balancer.start(nodes))
  try {
    await until(() => balancer.ready === 2, 'both nodes are ready')
    report('both nodes are ready')
    checkConnections(processes, networks, postgres.port)
    const clients = tokens.map((token) => new ProgramClient(balancer.url, token))
    const cells = await Promise.all(clients.map(async (client, n) => await client.start(programOf(n))))
    report(`${cells.length} programs run`)
    const results = Promise.all(clients.map(async (client, n) => await client.result(cells[n] ?? '')))
    await disturb(processes, balancer)
    for (const [n, output] of (await results).entries())
      check(
        /all steps, unknown: [01]$|already ended \(completed\)/.test(output),
        `program ${n}: ${output.split('\n').at(-1)}`,
      )
    check(
      [...tools.calls.values()].every((count) => count === 1),
      `${tools.calls.size} calls were made, each once`,
    )
    check(tools.calls.size >= programs * (steps - 1), `at most one call of each program is missing`)
  } catch (error) {
    console.error(processes.log)
    throw error
  }
}

const folder = mkdtempSync(join(tmpdir(), 'codecell-try-'))
try {
  await run(folder)
} finally {
  rmSync(folder, { recursive: true })
}
