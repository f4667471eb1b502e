import { createHostPool, createSession, remoteHosts, type HostPool, type Session } from '../../src/index.ts'
import { Certificates } from '../../test/support/links/certificates.ts'
import { SupervisorProcess } from '../../test/remote/supervisor-process.ts'
import { cpuMilliseconds, descendants } from '../process-use.ts'
import { median } from '../statistics.ts'
import type { Figure, Target } from './figure.ts'

type Cost = { readonly wallMs: number; readonly cpuMs: number }

type Program = {
  readonly name: string
  readonly source: string
  readonly wall: Target | null
  readonly cpu: Target | null
}

const programs: readonly Program[] = [
  {
    name: 'nested calls in sequence on a remote host, loopback TLS',
    source: 'for (let i = 0; i < 1000; i++) await tools.echo({ i })',
    wall: { max: 1.6 },
    cpu: { max: 1.4 },
  },
  {
    name: 'nested calls, 20 at a time, on a remote host',
    source:
      'for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 20 }, (_, j) => tools.echo({ i, j })))',
    wall: { max: 1.6 },
    cpu: { max: 1.4 },
  },
  {
    name: 'results of 1 MB on a remote host',
    source: 'for (let i = 0; i < 20; i++) await tools.large({})',
    wall: { max: 1.2 },
    cpu: null,
  },
]

const large = 'x'.repeat(1024 * 1024)
const tools = [
  { name: 'echo', call: (input: unknown) => input },
  { name: 'large', call: () => large },
]

/** Measures programs on a host of `codecell hosts`, over TLS on loopback, as ratios to a child process of this one. */
export async function remoteFigures(rounds: number): Promise<readonly Figure[]> {
  using certificates = new Certificates()
  const tls = certificates.make()
  await using supervisor = await SupervisorProcess.start(certificates.flags)
  await using local = createHostPool({ size: 1 })
  await using remote = remoteHosts({ addresses: [supervisor.address], tls, size: 1 })
  await using localSession = await open(local)
  await using remoteSession = await open(remote)
  const figures: Figure[] = []
  for (const program of programs) figures.push(...(await measure(program, [localSession, remoteSession], rounds)))
  return figures
}

async function open(hosts: HostPool): Promise<Session> {
  return await createSession({ hosts, tools })
}

async function measure(
  { name, source, wall, cpu }: Program,
  [local, remote]: readonly [Session, Session],
  rounds: number,
): Promise<readonly Figure[]> {
  const costs: { readonly local: Cost; readonly remote: Cost }[] = []
  // In turns, so that both see the same machine.
  for (let round = -2; round < rounds; round++) {
    const pair = { local: await costOf(local, source), remote: await costOf(remote, source) }
    if (round >= 0) costs.push(pair)
  }
  const figure = (kind: string, pick: (cost: Cost) => number, target: Target | null): readonly Figure[] => {
    if (target === null) return []
    const [ofLocal, ofRemote] = [
      median(costs.map((each) => pick(each.local))),
      median(costs.map((each) => pick(each.remote))),
    ]
    const ratio = median(costs.map((each) => pick(each.remote) / pick(each.local)))
    const values = `${ofRemote.toFixed(0)} ms; child ${ofLocal.toFixed(0)} ms`
    return [{ figure: `${name}: ${kind}`, against: 'child process', ratio, target, values }]
  }
  return [...figure('wall time', ({ wallMs }) => wallMs, wall), ...figure('CPU time', ({ cpuMs }) => cpuMs, cpu)]
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
