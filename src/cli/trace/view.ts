import { writeFileSync } from 'node:fs'
import { messageOf } from '../../errors.ts'
import { serveTraceView, traceViewHtml, type TracePrices } from '../../trace-view.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine, usageError } from '../common/command-line.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { printable } from '../common/printable.ts'
import { readPrices } from '../common/prices-file.ts'

const spec = traceVerbSpec('view')

/** `codecell trace view BUNDLE`: serves a page that shows a bundle, or writes it to a file. */
export async function viewVerb(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const directory = line.args[0] ?? ''
  const output = line.text('output')
  const port = line.number('port')
  const follow = line.has('follow')
  const pricesFile = line.text('prices')
  const prices = pricesFile === undefined ? {} : { prices: readPrices(pricesFile) }
  if (output !== undefined) {
    if (port !== undefined || follow)
      throw usageError(spec, 'Cannot use --output with --port or --follow: the page is written to a file, not served')
    return writeView({ directory, ...prices }, output, io)
  }
  if (port !== undefined && port > 65_535)
    throw usageError(spec, `Cannot use --port: expected an integer from 0 to 65535, got ${port}`)
  return await serveView(directory, io, { ...(port === undefined ? {} : { port }), follow, ...prices })
}

type Shown = { readonly directory: string; readonly prices?: TracePrices }

function writeView(shown: Shown, output: string, { stdout }: Io): number {
  const html = htmlOf(shown)
  if (output === '-') {
    stdout.write(html)
    return exitCodes.completed
  }
  try {
    writeFileSync(output, html)
  } catch (error) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot write ${output}: ${messageOf(error)}`)
  }
  stdout.write(`${output}\n`)
  return exitCodes.completed
}

function htmlOf(shown: Shown): string {
  try {
    return traceViewHtml(shown)
  } catch (error) {
    throw notShown(shown.directory, error)
  }
}

async function serveView(
  directory: string,
  { stdout, stderr }: Io,
  options: { readonly port?: number; readonly follow: boolean; readonly prices?: TracePrices },
): Promise<number> {
  using interrupted = interruption()
  const { signal } = interrupted
  try {
    await using server = await serveTraceView({ directory, ...options })
    stdout.write(`${server.url}\n`)
    stderr.write('Only this machine can open the address. Press Ctrl+C to stop.\n')
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  } catch (error) {
    throw notShown(directory, error)
  }
  return exitCodes.completed
}

function notShown(directory: string, error: unknown): CommandError {
  return new CommandError(exitCodes.scriptFailed, `Cannot show ${directory}: ${printable(messageOf(error))}`)
}
