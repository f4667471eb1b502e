import { CodecellError } from '../../index.ts'
import { listenForCodex, parseCodexHostAddress, serveCodexHost } from '../../codex-host.ts'
import { installCodexHost } from './codex-host-install.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { readFlags, textFlag } from '../flags.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../io.ts'

/** `codecell codex-host`: the code-mode host of OpenAI Codex. Returns the exit code. */
export async function codexHostCommand(args: readonly string[], io: Io): Promise<number> {
  const given = readFlags('codex-host', args, { listen: { type: 'string' }, codex: { type: 'string' } })
  const [verb, folder, ...more] = given.rest
  if (verb === 'install' && folder !== undefined && more.length === 0) {
    const installed = installCodexHost({ folder, codex: textFlag(given, 'codex') })
    io.stdout.write(`${installed}\n`)
    return exitCodes.completed
  }
  if (verb !== undefined) {
    throw new CommandError(
      exitCodes.usage,
      'Cannot tell what to do: nothing, or "install DIR", is expected\nSee: codecell help codex-host',
    )
  }
  return await serve(textFlag(given, 'listen') ?? null, io)
}

async function serve(listen: string | null, io: Io): Promise<number> {
  const address = parseCodexHostAddress(listen)
  if (address.type === 'grpc') {
    using interrupted = interruption()
    await using listener = await listenForCodex(address)
    io.stderr.write(`Listening on grpc://${address.host}:${listener.port}\n`)
    await new Promise<void>((resolve) => {
      interrupted.signal.addEventListener('abort', () => resolve())
    })
    return exitCodes.completed
  }
  // Ctrl-C reaches every process of a terminal. The agent decides what it means, and closes our input when it goes.
  process.on('SIGINT', () => undefined)
  try {
    await serveCodexHost({ input: io.stdin, output: io.stdout }, address.type === 'framed' ? 'framed' : 'grpc')
    return exitCodes.completed
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    throw new CommandError(exitCodes.scriptFailed, `Cannot go on serving this client: ${error.message}`)
  }
}
