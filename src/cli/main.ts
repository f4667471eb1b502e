import { setFlagsFromString } from 'node:v8'
import { CodecellError } from '../index.ts'
import { messageOf } from '../errors.ts'
import { packageVersion } from '../installation/package-version.ts'
import { CommandError, exitCodes } from './common/exit-codes.ts'
import { adviceFor } from '../options/check-options.ts'
import { parseCommandLine, unknownVerb } from './common/command-line.ts'
import { commandHelp, generalHelp } from './help.ts'
import { processIo, type Io } from './common/io.ts'
import { allCommands } from './specs/all-commands.ts'
import { findVerb, type CommandSpec } from './specs/command-spec.ts'
import { helpSpec } from './specs/setup-commands.ts'

/** Implementations, imported when they run: most commands need neither an MCP client nor a trace reader. */
export const commands: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<number>>> = {
  exec: async (args, io) => await (await import('./commands/exec.ts')).execCommand(args, io),
  tools: async (args, io) => await (await import('./commands/tools.ts')).toolsCommand(args, io),
  serve: async (args, io) => await (await import('./commands/serve/serve.ts')).serveCommand(args, io),
  hosts: async (args, io) => await (await import('./commands/hosts.ts')).hostsCommand(args, io),
  fleet: async (args, io) => await (await import('./commands/fleet/fleet.ts')).fleetCommand(args, io),
  add: async (args, io) => await (await import('./commands/add.ts')).addCommand(args, io),
  remove: async (args, io) => await (await import('./commands/remove.ts')).removeCommand(args, io),
  login: async (args, io) => await (await import('./commands/login.ts')).loginCommand(args, io),
  logout: async (args, io) => await (await import('./commands/logout.ts')).logoutCommand(args, io),
  doctor: async (args, io) => await (await import('./commands/doctor/doctor.ts')).doctorCommand(args, io),
  sessions: async (args, io) => await (await import('./commands/stored/sessions.ts')).sessionsCommand(args, io),
  cells: async (args, io) => await (await import('./commands/stored/cells.ts')).cellsCommand(args, io),
  ledger: async (args, io) => await (await import('./commands/stored/ledger.ts')).ledgerCommand(args, io),
  answer: async (args, io) => await (await import('./commands/stored/answer.ts')).answerCommand(args, io),
  approve: async (args, io) => await (await import('./commands/stored/approve.ts')).approveCommand(args, io),
  terminate: async (args, io) => await (await import('./commands/stored/terminate.ts')).terminateCommand(args, io),
  revert: async (args, io) => await (await import('./commands/stored/revert.ts')).revertCommand(args, io),
  console: async (args, io) => await (await import('./commands/console/console.ts')).consoleCommand(args, io),
  trace: async (args, io) => {
    // Most of what a reducer allocates stays alive or dies at once: a small young generation costs little time, and less memory.
    setFlagsFromString('--semi-space-growth-factor=1')
    return await (await import('./commands/trace.ts')).traceCommand(args, io)
  },
  eval: async (args, io) => await (await import('./commands/eval.ts')).evalCommand(args, io),
  'codex-host': async (args, io) => await (await import('./commands/codex-host.ts')).codexHostCommand(args, io),
  completion: async (args, io) => (await import('./commands/completion.ts')).completionCommand(args, io),
  help: (args, io) => Promise.resolve(helpCommand(args, io)),
}

/** Runs the command line and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<never> {
  // Hosts do not keep the process alive: without a timer it would exit with 0 while it waits for one.
  setInterval(() => undefined, 2 ** 30)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early is not an error. Lost output is one.
    if (error.code === 'EPIPE') process.exit(exitCodes.completed)
    process.stderr.write(`Cannot write the output: ${messageOf(error)}\n`)
    process.exit(exitCodes.scriptFailed)
  })
  const exitCode = await runCommandLine(args, processIo)
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => resolve())
  })
  process.exit(exitCode)
}

/** Runs a command and returns its exit code. Signals of the process interrupt it. */
export async function runCommandLine([name, ...rest]: readonly string[], io: Io): Promise<number> {
  try {
    if (name === '--version' || name === '-v') return print(io, `${packageVersion}\n`)
    if (name === undefined) {
      io.stderr.write(generalHelp())
      return exitCodes.usage
    }
    if (name === '--help' || name === '-h') return print(io, generalHelp())
    const spec = specOf([name])
    const ownArgs = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
    if (ownArgs.includes('--help') || ownArgs.includes('-h')) return print(io, commandHelp(findVerb(spec, rest).spec))
    return await (commands[name] ?? unknownCommand(name))(rest, io)
  } catch (error) {
    io.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

function print(io: Io, text: string): number {
  io.stdout.write(text)
  return exitCodes.completed
}

function helpCommand(args: readonly string[], io: Io): number {
  const { args: words } = parseCommandLine(helpSpec, args)
  return print(io, words.length === 0 ? generalHelp() : commandHelp(specOf(words)))
}

/** Returns the table of a command or verb. Throws a `CommandError` that names the nearest one. */
function specOf([name = '', verb]: readonly string[]): CommandSpec {
  const spec = allCommands.find((known) => known.name === name)
  if (spec === undefined) return unknownCommand(name)
  if (verb === undefined) return spec
  const found = findVerb(spec, [verb])
  if (found.rest.length > 0) throw unknownVerb(spec, verb)
  return found.spec
}

/** Throws an error that names the nearest command. */
function unknownCommand(name: string): never {
  const advice = adviceFor(
    name,
    allCommands.map((known) => known.name),
  )
  throw new CommandError(
    exitCodes.usage,
    `Cannot run "${name}": unknown command${advice === '' ? '' : `; ${advice}`}\nSee: codecell help`,
  )
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode
  if (!(error instanceof CodecellError))
    return error instanceof Error && error.message === 'interrupted' ? exitCodes.interrupted : exitCodes.scriptFailed
  switch (error.code) {
    case 'CONFIG_INVALID':
    case 'EXEC_INPUT_INVALID':
    case 'INVALID_OPTION':
    case 'SESSION_NOT_FOUND':
      return exitCodes.usage
    case 'LIMIT_EXCEEDED':
      return exitCodes.limit
    case 'HOST_START_FAILED':
    case 'SESSION_IN_USE':
    case 'SESSION_EXISTS':
    case 'SESSION_LOST':
    case 'SESSION_MOVED':
    case 'SESSION_INVALID':
    case 'SERVER_START_FAILED':
    case 'STORE_UNREACHABLE':
    case 'PACKAGE_MISSING':
      return exitCodes.cannotStart
    case 'SESSION_CLOSED':
      return exitCodes.interrupted
    default:
      return exitCodes.scriptFailed
  }
}
