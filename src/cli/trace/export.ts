import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { messageOf } from '../../errors.ts'
import { exportChromeTrace, exportJsonLines, exportOtlp, type TraceBundle } from '../../trace.ts'
import type { TraceState } from '../../trace-format.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { reducedBundle } from './one-bundle.ts'
import { writeLines } from '../common/write-lines.ts'

const spec = traceVerbSpec('export')

/** `codecell trace export BUNDLE --to FORMAT`: converts a bundle for other programs. */
export async function exportVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const { opened, state } = reducedBundle(line.args[0] ?? '', 'export')
  const lines = linesOf(line.text('to'), { state, bundle: opened, content: line.has('content') })
  const output = line.text('output') ?? '-'
  if (output === '-') await writeLines(stdout, lines)
  else await writeFile(output, lines)
  return exitCodes.completed
}

type Export = { readonly state: TraceState; readonly bundle: TraceBundle; readonly content: boolean }

function linesOf(format: string | undefined, { state, bundle, content }: Export): Iterable<string> {
  if (format === 'chrome') return [JSON.stringify(exportChromeTrace(state, bundle))]
  if (format === 'otlp') return exportOtlp(state, bundle, { content }).map((request) => JSON.stringify(request))
  return exportJsonLines(state, bundle)
}

async function writeFile(path: string, lines: Iterable<string>): Promise<void> {
  const stream = createWriteStream(path)
  try {
    // No write awaits an error that occurs between two writes.
    const failed = once(stream, 'error').then(([error]: unknown[]) => {
      throw error
    })
    const written = (async () => {
      await writeLines(stream, lines)
      stream.end()
      await once(stream, 'close')
    })()
    await Promise.race([written, failed])
  } catch (error) {
    stream.destroy()
    throw new CommandError(exitCodes.scriptFailed, `Cannot write the export: ${messageOf(error)}`)
  }
}
