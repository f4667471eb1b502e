import { writeFileSync } from 'node:fs'
import { messageOf } from '../../index.ts'
import { serveTraceView, traceViewHtml } from '../../trace-view.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { numberFlag, readFlags, textFlag } from '../flags.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../io.ts'
import { bundleOf, traceUsage } from './one-bundle.ts'
import { printable } from './printable.ts'

/** `codecell trace view BUNDLE`: a page that shows a bundle, from a server of its own or in one file. */
export async function viewVerb(args: readonly string[], io: Io): Promise<number> {
  const given = readFlags('trace', args, {
    output: { type: 'string', short: 'o' },
    port: { type: 'string' },
    follow: { type: 'boolean', short: 'f' },
  })
  const directory = bundleOf(given)
  const output = textFlag(given, 'output')
  const port = numberFlag(given, 'port')
  const follow = given.flags['follow'] === true
  if (output !== undefined) {
    if (port !== undefined || follow)
      throw traceUsage('Cannot use --output with --port or --follow: a file is not served')
    return writeView(directory, output, io)
  }
  if (port !== undefined && port > 65_535) throw traceUsage(`Cannot use --port ${port}: 65535 is the last one`)
  return await serveView(directory, io, { ...(port === undefined ? {} : { port }), follow })
}

function writeView(directory: string, output: string, { stdout }: Io): number {
  const html = htmlOf(directory)
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

function htmlOf(directory: string): string {
  try {
    return traceViewHtml({ directory })
  } catch (error) {
    throw notShown(directory, error)
  }
}

async function serveView(
  directory: string,
  { stdout, stderr }: Io,
  options: { readonly port?: number; readonly follow: boolean },
): Promise<number> {
  using interrupted = interruption()
  const { signal } = interrupted
  try {
    await using server = await serveTraceView({ directory, ...options })
    stdout.write(`${server.url}\n`)
    stderr.write('The viewer is at this address of this machine only. Ctrl+C ends it.\n')
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  } catch (error) {
    throw notShown(directory, error)
  }
  return exitCodes.completed
}

function notShown(directory: string, error: unknown): CommandError {
  return new CommandError(exitCodes.scriptFailed, `Cannot show ${directory}: ${printable(messageOf(error))}`)
}
