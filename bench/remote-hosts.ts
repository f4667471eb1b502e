import { createHostPool, createSession, remoteHosts, type HostPool, type Session } from '../src/index.ts'
import { Certificates } from '../test/support/links/certificates.ts'
import { SupervisorProcess } from '../test/remote/supervisor-process.ts'
import { cpuMilliseconds, descendants } from './process-use.ts'
import { median } from './statistics.ts'

// npm run bench:remote: a nested call and a large result on a host of `codecell hosts`, over TLS on loopback, as ratios to a host
// process of this machine.

type Cost = { readonly wallMs: number; readonly cpuMs: number }

type Row = { readonly name: string; readonly source: string; readonly rounds: number }

const rows: readonly Row[] = [
  {
    name: '1,000 nested calls in sequence',
    source: 'for (let i = 0; i < 1000; i++) await tools.echo({ i })',
    rounds: 21,
  },
  {
    name: '2,000 nested calls, 20 at a time',
    source:
      'for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 20 }, (_, j) => tools.echo({ i, j })))',
    rounds: 21,
  },
  { name: '20 results of 1 MB in sequence', source: 'for (let i = 0; i < 20; i++) await tools.large({})', rounds: 21 },
]

const large = 'x'.repeat(1024 * 1024)
const tools = [
  { name: 'echo', call: (input: unknown) => input },
  { name: 'large', call: () => large },
]

using certificates = new Certificates()
const tls = certificates.make()
await using supervisor = await SupervisorProcess.start(certificates.flags)
await using local = createHostPool({ size: 1 })
await using remote = remoteHosts({ addresses: [supervisor.address], tls, size: 1 })
await using localSession = await open(local)
await using remoteSession = await open(remote)
// Hosts do not keep the process alive.
const alive = setInterval(() => undefined, 1000)
console.log('| on a remote host, as a ratio to a local one | wall | CPU, all processes | local, ms | remote, ms |')
console.log('| --- | --: | --: | --: | --: |')
for (const row of rows) console.log(await measure(row))
clearInterval(alive)

async function open(hosts: HostPool): Promise<Session> {
  return await createSession({ hosts, tools })
}

async function measure({ name, source, rounds }: Row): Promise<string> {
  const costs: { readonly local: Cost[]; readonly remote: Cost[] } = { local: [], remote: [] }
  for (let round = -2; round < rounds; round++) {
    const pair = [await costOf(localSession, source), await costOf(remoteSession, source)] as const
    if (round < 0) continue
    costs.local.push(pair[0])
    costs.remote.push(pair[1])
  }
  const ratio = (pick: (cost: Cost) => number): string => {
    const sum = (all: readonly Cost[]): number => all.reduce((total, cost) => total + pick(cost), 0)
    return (sum(costs.remote) / sum(costs.local)).toFixed(2)
  }
  const wall = (all: readonly Cost[]): number => median(all.map(({ wallMs }) => wallMs))
  const [ofLocal, ofRemote] = [wall(costs.local), wall(costs.remote)]
  const wallRatio = (ofRemote / ofLocal).toFixed(2)
  return `| ${name} | ${wallRatio} | ${ratio(({ cpuMs }) => cpuMs)} | ${ofLocal.toFixed(1)} | ${ofRemote.toFixed(1)} |`
}

/** Runs a program, and returns its wall time and the CPU time of all processes. */
async function costOf(session: Session, source: string): Promise<Cost> {
  const cpuBefore = totalCpuMs()
  const startedAt = performance.now()
  const outcome = await session.execute(source, { yieldTimeMs: 300_000 })
  if (outcome.type !== 'completed') throw new Error(`the program ended as ${JSON.stringify(outcome)}`)
  return { wallMs: performance.now() - startedAt, cpuMs: totalCpuMs() - cpuBefore }
}

function totalCpuMs(): number {
  return [process.pid, ...descendants(process.pid)].reduce((sum, pid) => sum + cpuMilliseconds(pid), 0)
}
