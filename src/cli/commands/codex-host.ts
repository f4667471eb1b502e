import { CodecellError } from '../../index.ts'
import { listenForCodex, parseCodexHostAddress, serveCodexHost } from '../../codex-host.ts'
import { installCodexHost } from './codex-host-install.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine, type CommandLine } from '../common/command-line.ts'
import { engineOf } from '../common/engine-flag.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../common/io.ts'
import { findVerb } from '../specs/command-spec.ts'
import { codexHostSpec } from '../specs/setup-commands.ts'

/** `codecell codex-host`: the code-mode host of OpenAI Codex. Returns the exit code. */
export async function codexHostCommand(args: readonly string[], io: Io): Promise<number> {
  const { spec, rest } = findVerb(codexHostSpec, args)
  const line = parseCommandLine(spec, rest)
  if (spec === codexHostSpec) return await serve(line, io)
  const [folder = ''] = line.args
  io.stdout.write(`${installCodexHost({ folder, codex: line.text('codex') })}\n`)
  return exitCodes.completed
}

async function serve(line: CommandLine, io: Io): Promise<number> {
  const address = parseCodexHostAddress(line.text('listen') ?? null)
  const { pool: engine } = engineOf(line, { onWarning: (text) => io.stderr.write(`${text}\n`) })
  if (address.type === 'grpc') {
    using interrupted = interruption()
    await using listener = await listenForCodex(address, { engine })
    io.stderr.write(`Listening on grpc://${address.host}:${listener.port}\n`)
    await new Promise<void>((resolve) => {
      interrupted.signal.addEventListener('abort', () => resolve())
    })
    return exitCodes.completed
  }
  // Ctrl-C reaches every process of a terminal. Codex decides what it means, and closes standard input when it exits.
  process.on('SIGINT', () => undefined)
  try {
    await serveCodexHost({ input: io.stdin, output: io.stdout }, address.type === 'framed' ? 'framed' : 'grpc', {
      engine,
      onIgnoredMessage: ignoredMessages(io),
    })
    return exitCodes.completed
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    throw new CommandError(exitCodes.scriptFailed, `Cannot serve this client: ${error.message}`)
  }
}

/** Maximum number of ignored messages that are printed: a client may not read standard error. */
const maxPrintedMessages = 100

function ignoredMessages(io: Io): (reason: string) => void {
  let count = 0
  return (reason) => {
    if (++count <= maxPrintedMessages) io.stderr.write(`Ignored a message of the client: ${reason}\n`)
  }
}
