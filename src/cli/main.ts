import { readFileSync } from 'node:fs'
import { CodecellError, messageOf } from '../index.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { helpText } from './help.ts'
import { processIo, type Io } from './io.ts'

/** Loaded when they are run: an agent waits for its host, and need not wait for an MCP client that it never uses. */
const commands: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<number>>> = {
  exec: async (args, io) => await (await import('./commands/exec.ts')).execCommand(args, io),
  tools: async (args, io) => await (await import('./commands/tools.ts')).toolsCommand(args, io),
  serve: async (args, io) => await (await import('./commands/serve.ts')).serveCommand(args, io),
  add: async (args, io) => await (await import('./commands/add.ts')).addCommand(args, io),
  doctor: async (args, io) => await (await import('./commands/doctor.ts')).doctorCommand(args, io),
  sessions: async (args, io) => await (await import('./commands/sessions.ts')).sessionsCommand(args, io),
  cells: async (args, io) => await (await import('./commands/cells.ts')).cellsCommand(args, io),
  ledger: async (args, io) => await (await import('./commands/ledger.ts')).ledgerCommand(args, io),
  revert: async (args, io) => await (await import('./commands/revert.ts')).revertCommand(args, io),
  trace: async (args, io) => await (await import('./commands/trace.ts')).traceCommand(args, io),
  'codex-host': async (args, io) => await (await import('./commands/codex-host.ts')).codexHostCommand(args, io),
}

/** Runs the command line and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<never> {
  // Hosts do not keep a process alive. One that runs out of things to wait for, while a host goes, would end with code 0.
  setInterval(() => undefined, 2 ** 30)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may leave before the end; that is no error. Output that is lost is one.
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
  const show = (text: string): number => {
    io.stdout.write(text)
    return exitCodes.completed
  }
  try {
    if (name === '--version' || name === '-v') return show(`${packageVersion()}\n`)
    if (name === 'help' || name === '--help' || name === '-h') return show(helpText(rest[0]))
    const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command === undefined) {
      io.stderr.write(
        name === undefined
          ? helpText(undefined)
          : `Cannot run "${name}": there is no such command\n\n${helpText(undefined)}`,
      )
      return exitCodes.usage
    }
    if (rest.includes('--help') || rest.includes('-h')) return show(helpText(name))
    return await command(rest, io)
  } catch (error) {
    io.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
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
    case 'SESSION_LOST':
    case 'SESSION_INVALID':
    case 'SERVER_START_FAILED':
      return exitCodes.cannotStart
    case 'SESSION_CLOSED':
      return exitCodes.interrupted
    default:
      return exitCodes.scriptFailed
  }
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
