import {
  createCatalogue,
  createHostPool,
  createSession,
  parseExecInput,
  type HostProfile,
  type Limits,
  type Outcome,
  type Session,
  type Tool,
} from '../index.ts'
import { approvalFlags, askFlag, execApprovals } from './exec-approvals.ts'
import { durableFlags, durableRun, fileOf, openDurable, type DurableRun } from './exec-durable.ts'
import type { ExecReporter } from './exec-reporter.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { numberFlag, readFlags, textFlag, type Given } from './flags.ts'
import { interruption } from './interruption.ts'
import type { Io } from './io.ts'
import { jsonReporter } from './json-reporter.ts'
import { runRecording } from './run-recording.ts'
import { readSource } from './read-source.ts'
import { textReporter } from './text-reporter.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from './tool-source.ts'

/** How often output is fetched from a running cell, in milliseconds. */
const followMs = 100

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
    spares: 1,
    ...(limits.memoryMb === undefined ? {} : { memoryMb: limits.memoryMb }),
  })
  const warming = hosts.warm(null)
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
    tools: entries.map(({ identifier, tool }) => reported(identifier, tool, reporter)),
    deadlock: 'fail',
    onNotification: ({ text }) => reporter.notification(text),
    // Closing a durable session would leave the cell for later; Ctrl-C means its end.
    ...(durable === null ? { signal } : durable.options),
  })
  if (durable !== null) reporter.opened(session.id)
  return source === null ? await resume(session, reporter, signal) : await follow(session, source, reporter, signal)
}

/** Starts a cell, and follows it to its end. */
async function follow(session: Session, source: string, reporter: ExecReporter, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now()
  const options = { yieldTimeMs: followMs, preempt: signal, onStarted: (id: string) => reporter.started(id) }
  return await toItsEnd(session, await session.execute(source, options), { reporter, signal, startedAt })
}

/** Goes on with the cells that an earlier process left, one after the other. The last one decides about the exit code. */
async function resume(session: Session, reporter: ExecReporter, signal: AbortSignal): Promise<number> {
  const cells = session.cells()
  if (cells.length === 0) reporter.warning('There is no cell to go on with')
  let exitCode = exitCodes.completed
  for (const cellId of cells) {
    const startedAt = performance.now()
    reporter.started(cellId)
    const outcome = await session.observe(cellId, { yieldTimeMs: followMs, preempt: signal })
    exitCode = await toItsEnd(session, outcome, { reporter, signal, startedAt })
  }
  return exitCode
}

type Following = { readonly reporter: ExecReporter; readonly signal: AbortSignal; readonly startedAt: number }

/** Observes the cell until it ends, or ends it when the person asks for that. */
async function toItsEnd(session: Session, first: Outcome, { reporter, signal, startedAt }: Following): Promise<number> {
  let outcome = first
  while (outcome.type === 'yielded') {
    reporter.items(outcome.items)
    outcome = signal.aborted
      ? await session.terminate(outcome.cellId)
      : await session.observe(outcome.cellId, { yieldTimeMs: followMs, preempt: signal })
  }
  if ('items' in outcome) reporter.items(outcome.items)
  reporter.ended(outcome, performance.now() - startedAt)
  return signal.aborted ? exitCodes.interrupted : exitCodeOf(outcome)
}

function exitCodeOf(outcome: Outcome): number {
  if (outcome.type === 'completed') return exitCodes.completed
  return outcome.type === 'failed' && outcome.limit !== null ? exitCodes.limit : exitCodes.scriptFailed
}

/** A tool whose calls are shown, under the name that the cell calls it by. */
function reported(identifier: string, tool: Tool, reporter: ExecReporter): Tool {
  return {
    ...tool,
    async call(input, context) {
      const call = { id: context.callId, tool: identifier }
      const startedAt = performance.now()
      reporter.callStarted(call)
      try {
        const result = await tool.call(input, context)
        reporter.callEnded({ ...call, durationMs: performance.now() - startedAt, error: null })
        return result
      } catch (error) {
        reporter.callEnded({ ...call, durationMs: performance.now() - startedAt, error: String(error) })
        throw error
      }
    },
  }
}

function profileOf(given: Given): HostProfile {
  const profile = textFlag(given, 'profile') ?? 'default'
  if (profile === 'default' || profile === 'strict') return profile
  throw new CommandError(exitCodes.usage, `Cannot use --profile ${profile}: "default" and "strict" are known`)
}

function limitsOf(given: Given): Partial<Limits> {
  const flags = { memoryMb: 'memory-mb', cpuMs: 'cpu-ms', toolTimeoutMs: 'tool-timeout' } as const
  const entries = Object.entries(flags).map(([limit, flag]) => [limit, numberFlag(given, flag)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
