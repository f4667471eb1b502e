import { createCatalogue, createProgramChecks, parseExecInput } from '../../agent.ts'
import { createHostPool, createSession, type HostProfile, type Limits, type Session } from '../../index.ts'
import { execApprovals } from '../exec/approvals.ts'
import { durableRun, inputOf, openDurable, type DurableRun, type ProgramInput } from '../exec/durable.ts'
import type { ExecReporter } from '../exec/reporter.ts'
import { exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine, type CommandLine } from '../common/command-line.ts'
import { followCell, type Following } from '../exec/follow-cell.ts'
import { engineOf } from '../common/engine-flag.ts'
import { remoteHostsOf } from '../common/remote-hosts.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../common/io.ts'
import { jsonReporter } from '../exec/json-reporter.ts'
import { runRecording, traceSchemaOf } from '../exec/recording.ts'
import { checkedSource, readSource } from '../exec/read-source.ts'
import { textReporter } from '../exec/text-reporter.ts'
import { execSpec } from '../specs/run-commands.ts'
import { failureText, openToolSource, toolSourceOptions } from '../tool-source/tool-source.ts'

/** `codecell exec FILE|-`: runs a program in a cell and prints its output. Returns the exit code. */
export async function execCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(execSpec, args)
  await using durable = durableRun(line, io.env)
  const input = inputOf(line, durable)
  const reporter = line.has('json') ? jsonReporter(io) : textReporter(io, { quiet: line.has('quiet') })
  const profile = line.text('profile') === 'strict' ? 'strict' : 'default'
  const limits = limitsOf(line)
  const source = input === null ? null : parseExecInput(await programOf(input, io)).source
  reporter.starting()
  try {
    return await run({
      source,
      isInputUsed: input?.type === 'file' && input.file === '-',
      line,
      durable,
      profile,
      limits,
      reporter,
      io,
    })
  } finally {
    reporter.close()
  }
}

async function programOf(input: ProgramInput, io: Io): Promise<string> {
  return input.type === 'code' ? checkedSource(Buffer.from(input.code), '--eval') : await readSource(input.file, io)
}

type Run = {
  /** The program, null to resume the cells of the session. */
  readonly source: string | null
  readonly durable: DurableRun | null
  /** Whether the program was read from standard input, which then takes no replies. */
  readonly isInputUsed: boolean
  readonly line: CommandLine
  readonly profile: HostProfile
  readonly limits: Partial<Limits>
  readonly reporter: ExecReporter
  readonly io: Io
}

async function run({ source, isInputUsed, line, durable, profile, limits, reporter, io }: Run): Promise<number> {
  using interrupted = interruption()
  const { signal } = interrupted
  // A wrong flag is reported before any server starts.
  const schema = traceSchemaOf(execSpec, line)
  const memory = limits.maxMemoryMbPerCell === undefined ? {} : { memoryMb: limits.maxMemoryMbPerCell }
  const onWarning = (text: string): void => reporter.warning(text)
  const engine = engineOf(line, { isRemote: line.has('hosts-at'), onWarning })
  const pool = { size: 1, engine: engine.pool, profile, warmIsolates: 1, ...memory }
  await using hosts = remoteHostsOf(execSpec, line, { pool, onWarning }) ?? createHostPool(pool)
  const warming = hosts.warm()
  // The session reports the error when it needs a host.
  warming.catch(() => undefined)
  await using tools = await openToolSource(toolSourceOptions(line, { signal, onWarning }))
  for (const failure of tools.failures) reporter.warning(failureText(failure))
  await using recording = await runRecording({
    root: line.text('trace'),
    schema,
    signal,
    onWarning,
    onRecorded: (directory) => reporter.recorded(directory),
  })
  const { entries } = createCatalogue(tools.tools)
  const open = durable?.isResumed === true ? openDurable : createSession
  await using session = await open({
    ...execApprovals(line, { isInputUsed, entries, reporter, io }),
    hosts,
    engine: engine.session,
    listeners: recording.listeners,
    limits,
    tools: tools.tools,
    deadlock: 'fail',
    // A durable session that closes keeps its cell for later; Ctrl-C terminates it instead.
    ...(durable === null ? { signal } : durable.options),
  })
  if (durable !== null) reporter.opened(session.id)
  const following = { reporter, signal, canResume: durable !== null }
  return source === null ? await resume(session, following) : await start(session, source, following)
}

/** Checks a program, runs it in a cell, and follows the cell to its end. */
async function start(session: Session, source: string, following: Following): Promise<number> {
  const checks = createProgramChecks(session)
  const startedAt = performance.now()
  const errorText = await checks.problemOf(source)
  if (errorText !== null) {
    const durationMs = performance.now() - startedAt
    const rejected = { type: 'failed', cellId: '', items: [], errorText, limit: null, durationMs } as const
    following.reporter.ended(rejected, durationMs)
    return exitCodes.scriptFailed
  }
  let exitCode = Promise.resolve<number>(exitCodes.scriptFailed)
  const onStarted = (cellId: string): void => {
    exitCode = followCell(session, cellId, {
      ...following,
      explain: (outcome) => checks.explain(outcome, source),
    })
  }
  await session.execute(source, { onStarted })
  return await exitCode
}

/** Resumes the cells of an earlier process, one by one. Returns the exit code of the last one, or that of cells that wait. */
async function resume(session: Session, following: Following): Promise<number> {
  const cells = session.cells()
  if (cells.length === 0) following.reporter.warning('The session has no unfinished cell')
  let exitCode = exitCodes.completed
  let isWaiting = false
  for (const cellId of cells) {
    exitCode = await followCell(session, cellId, following)
    if (exitCode === exitCodes.waiting) isWaiting = true
  }
  return isWaiting ? exitCodes.waiting : exitCode
}

function limitsOf(line: CommandLine): Partial<Limits> {
  const flags = { maxMemoryMbPerCell: 'memory-mb', maxCpuMsPerCell: 'cpu-ms', toolTimeoutMs: 'tool-timeout' } as const
  const entries = Object.entries(flags).map(([limit, flag]) => [limit, line.number(flag)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
