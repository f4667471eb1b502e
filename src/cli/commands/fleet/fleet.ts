import { fleetReport, type FleetReport } from '../../../store.ts'
import { readSupervisors, type LinkOptions, type SupervisorReport } from '../../../supervisor.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { linkFlags } from '../../common/remote-hosts.ts'
import { demandStore, hasStore } from '../../common/session-location.ts'
import { writeLines } from '../../common/write-lines.ts'
import { fleetSpec } from '../../specs/fleet-command.ts'
import { fleetJson } from './fleet-json.ts'
import { problemsOf } from './fleet-problems.ts'
import { fleetParts, type FleetPart } from './fleet-state.ts'
import { fleetText } from './fleet-text.ts'

const defaultOverdueMs = 60_000

/** `codecell fleet`: nodes, hosts, tenants, queues and engines, and what needs attention. Returns the exit code. */
export async function fleetCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(fleetSpec, args)
  const [part, engine = null] = line.args
  if (engine !== null && part !== 'engines') {
    throw usageError(fleetSpec, `Cannot run "codecell fleet ${part}": unexpected argument "${engine}"`)
  }
  const parts = fleetParts.filter((each) => isShown(each, part, { line, env }))
  const links = linkFlags(fleetSpec, line)
  if (links === null && parts.includes('hosts')) {
    throw usageError(fleetSpec, 'Cannot run "codecell fleet hosts": expected --hosts-at HOST:PORT')
  }
  const [store, supervisors] = await Promise.all([
    readStore(line, env, parts),
    links !== null && parts.includes('hosts') ? readHosts(links, line.text('tenant')) : null,
  ])
  const state = { store, supervisors }
  const overdueMs = line.number('overdue') ?? defaultOverdueMs
  const problems = problemsOf(state, { overdueMs, engine }).filter((problem) => parts.includes(problem.part))
  await writeLines(stdout, (line.has('json') ? fleetJson : fleetText)(state, parts, problems))
  return problems.length > 0 ? exitCodes.scriptFailed : exitCodes.completed
}

/** Without a part, all are shown that the flags allow. */
function isShown(
  each: FleetPart,
  part: string | undefined,
  { line, env }: { readonly line: CommandLine; readonly env: Io['env'] },
): boolean {
  if (part !== undefined) return each === part
  if (each === 'hosts') return line.has('hosts-at')
  return hasStore(line, env) || !line.has('hosts-at')
}

async function readStore(line: CommandLine, env: Io['env'], parts: readonly FleetPart[]): Promise<FleetReport | null> {
  if (parts.every((part) => part === 'hosts')) return null
  await using connection = demandStore(line, env, { mustExist: true })
  const tenant = line.text('tenant')
  return await fleetReport(connection.store, tenant === undefined ? {} : { tenant })
}

async function readHosts(links: LinkOptions, tenant: string | undefined): Promise<readonly SupervisorReport[]> {
  const reports = await readSupervisors(links)
  return tenant === undefined ? reports : reports.map((report) => ofTenant(report, tenant))
}

function ofTenant(report: SupervisorReport, name: string): SupervisorReport {
  if (report.type !== 'supervisor') return report
  return { ...report, tenants: report.tenants.filter(({ tenant }) => tenant === name), moreTenants: 0 }
}
