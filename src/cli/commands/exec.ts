import {
  createCatalogue,
  createHostPool,
  createSession,
  parseExecInput,
  type HostProfile,
  type Limits,
  type Session,
} from '../../index.ts'
import { approvalFlags, askFlag, execApprovals } from '../exec/approvals.ts'
import { durableFlags, durableRun, fileOf, openDurable, type DurableRun } from '../exec/durable.ts'
import type { ExecReporter } from '../exec/reporter.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { numberFlag, readFlags, textFlag, type Given } from '../flags.ts'
import { followCell, type Following } from '../exec/follow-cell.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../io.ts'
import { jsonReporter } from '../exec/json-reporter.ts'
import { runRecording } from '../exec/recording.ts'
import { readSource } from '../exec/read-source.ts'
import { textReporter } from '../exec/text-reporter.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from '../tool-source.ts'

/** `codecell exec FILE|-`: runs one cell and shows what it does. Returns the exit code. */
export async function execCommand(args: readonly string[], io: Io): Promise<number> {
  const given = readFlags('exec', args, {
    ...toolSourceFlags,
    ...approvalFlags,
    'memory-mb': { type: 'string' },
    'cpu-ms': { type: 'string' },
    profile: { type: 'string' },
    trace: { type: 'string' },
    ...durableFlags,
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  })
  const durable = durableRun(given)
  const file = fileOf(given, durable)
  const reporter =
    given.flags['json'] === true ? jsonReporter(io) : textReporter(io, { quiet: given.flags['quiet'] === true })
  const profile = profileOf(given)
  const limits = limitsOf(given)
  askFlag(given)
  const source = file === null ? null : parseExecInput(await readSource(file, io)).source
  reporter.starting()
  try {
    return await run({ source, isInputTaken: file === '-', given, durable, profile, limits, reporter, io })
  } finally {
    reporter.close()
  }
}

type Run = {
  /** Null: go on with the cells of the session. */
  readonly source: string | null
  readonly durable: DurableRun | null
  /** The program was read from standard input, so nothing can be typed there. */
  readonly isInputTaken: boolean
  readonly given: Given
  readonly profile: HostProfile
  readonly limits: Partial<Limits>
  readonly reporter: ExecReporter
  readonly io: Io
}

async function run({ source, isInputTaken, given, durable, profile, limits, reporter, io }: Run): Promise<number> {
  using interrupted = interruption()
  const { signal } = interrupted
  await using hosts = createHostPool({
    size: 1,
    profile,
    warmIsolates: 1,
    ...(limits.maxMemoryMbPerCell === undefined ? {} : { memoryMb: limits.maxMemoryMbPerCell }),
  })
  const warming = hosts.warm()
  // Told again, in its place, when the session asks for a host.
  warming.catch(() => undefined)
  await using tools = await openToolSource(toolSourceOptions(given, signal))
  for (const failure of tools.failures) reporter.warning(failureText(failure))
  await using recording = runRecording({
    root: textFlag(given, 'trace'),
    signal,
    onWarning: (message) => reporter.warning(message),
    onRecorded: (directory) => reporter.recorded(directory),
  })
  const { entries } = createCatalogue(tools.tools)
  const open = durable?.isResumed === true ? openDurable : createSession
  await using session = await open({
    ...execApprovals(given, { isInputTaken, entries, reporter, io }),
    hosts,
    listeners: recording.listeners,
    limits,
    tools: tools.tools,
    deadlock: 'fail',
    // Closing a durable session would leave the cell for later; Ctrl-C means its end.
    ...(durable === null ? { signal } : durable.options),
  })
  if (durable !== null) reporter.opened(session.id)
  const following = { reporter, signal }
  return source === null ? await resume(session, following) : await start(session, source, following)
}

/** Starts a cell, and follows it to its end. */
async function start(session: Session, source: string, following: Following): Promise<number> {
  let exitCode = Promise.resolve<number>(exitCodes.scriptFailed)
  const onStarted = (cellId: string): void => {
    exitCode = followCell(session, cellId, following)
  }
  await session.execute(source, { onStarted })
  return await exitCode
}

/** Goes on with the cells that an earlier process left, one after the other. The last one decides about the exit code. */
async function resume(session: Session, following: Following): Promise<number> {
  const cells = session.cells()
  if (cells.length === 0) following.reporter.warning('There is no cell to go on with')
  let exitCode = exitCodes.completed
  for (const cellId of cells) exitCode = await followCell(session, cellId, following)
  return exitCode
}

function profileOf(given: Given): HostProfile {
  const profile = textFlag(given, 'profile') ?? 'default'
  if (profile === 'default' || profile === 'strict') return profile
  throw new CommandError(exitCodes.usage, `Cannot use --profile ${profile}: "default" and "strict" are known`)
}

function limitsOf(given: Given): Partial<Limits> {
  const flags = { maxMemoryMbPerCell: 'memory-mb', maxCpuMsPerCell: 'cpu-ms', toolTimeoutMs: 'tool-timeout' } as const
  const entries = Object.entries(flags).map(([limit, flag]) => [limit, numberFlag(given, flag)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
