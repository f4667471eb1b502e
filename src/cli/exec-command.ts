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
import type { ExecReporter } from './exec-reporter.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { numberFlag, readFlags, textFlag, type Given } from './flags.ts'
import { interruption } from './interruption.ts'
import { jsonReporter } from './json-reporter.ts'
import { runRecording } from './run-recording.ts'
import { readSource } from './read-source.ts'
import { textReporter } from './text-reporter.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from './tool-source.ts'

/** How often output is fetched from a running cell, in milliseconds. */
const followMs = 100

/** `codecell exec FILE|-`: runs one cell and shows what it does. Returns the exit code. */
export async function execCommand(args: readonly string[]): Promise<number> {
  const given = readFlags('exec', args, {
    ...toolSourceFlags,
    ...approvalFlags,
    'memory-mb': { type: 'string' },
    'cpu-ms': { type: 'string' },
    profile: { type: 'string' },
    trace: { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
  })
  const [file, ...more] = given.rest
  if (file === undefined || more.length > 0) {
    throw new CommandError(
      exitCodes.usage,
      'Cannot tell what to run: one file, or "-" for standard input, is expected\nSee: codecell help exec',
    )
  }
  const reporter =
    given.flags['json'] === true ? jsonReporter() : textReporter({ quiet: given.flags['quiet'] === true })
  const profile = profileOf(given)
  const limits = limitsOf(given)
  askFlag(given)
  const { source } = parseExecInput(await readSource(file))
  reporter.starting()
  try {
    return await run({ source, isInputTaken: file === '-', given, profile, limits, reporter })
  } finally {
    reporter.close()
  }
}

type Run = {
  readonly source: string
  /** The program was read from standard input, so nothing can be typed there. */
  readonly isInputTaken: boolean
  readonly given: Given
  readonly profile: HostProfile
  readonly limits: Partial<Limits>
  readonly reporter: ExecReporter
}

async function run({ source, isInputTaken, given, profile, limits, reporter }: Run): Promise<number> {
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
  await using session = await createSession({
    ...execApprovals(given, { isInputTaken, entries, reporter }),
    hosts,
    listeners: recording.listeners,
    limits,
    tools: entries.map(({ identifier, tool }) => reported(identifier, tool, reporter)),
    deadlock: 'fail',
    onNotification: ({ text }) => reporter.notification(text),
    signal,
  })
  return await follow(session, source, reporter, signal)
}

/** Observes the cell until it ends, or ends it when the person asks for that. */
async function follow(session: Session, source: string, reporter: ExecReporter, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now()
  const options = { yieldTimeMs: followMs, preempt: signal, onStarted: (id: string) => reporter.started(id) }
  let outcome = await session.execute(source, options)
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
