import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { messageOf } from '../../index.ts'
import { exportChromeTrace, exportJsonLines, exportOtlp, type TraceBundle, type TraceState } from '../../trace.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { readFlags, textFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { bundleOf, reducedBundle, traceUsage } from './one-bundle.ts'
import { writeLines } from './write-lines.ts'

/** `codecell trace export BUNDLE --to FORMAT`: the trace for other programs. */
export async function exportVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const given = readFlags('trace', args, {
    to: { type: 'string' },
    output: { type: 'string', short: 'o' },
    content: { type: 'boolean' },
  })
  const bundle = bundleOf(given)
  const format = textFlag(given, 'to')
  const make = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined
  if (make === undefined) throw traceUsage(`Say what to export to: --to ${Object.keys(formats).join(', ')}`)
  const { opened, state } = reducedBundle(bundle)
  const lines = make(state, opened, given.flags['content'] === true)
  const output = textFlag(given, 'output') ?? '-'
  if (output === '-') await writeLines(stdout, lines)
  else await writeFile(output, lines)
  return exitCodes.completed
}

type Make = (state: TraceState, bundle: TraceBundle, content: boolean) => Iterable<string>

const formats: Readonly<Record<string, Make>> = {
  jsonl: (state, bundle) => exportJsonLines(state, bundle),
  chrome: (state, bundle) => [JSON.stringify(exportChromeTrace(state, bundle))],
  otlp: (state, bundle, content) => exportOtlp(state, bundle, { content }).map((request) => JSON.stringify(request)),
}

async function writeFile(path: string, lines: Iterable<string>): Promise<void> {
  const stream = createWriteStream(path)
  try {
    // An error that comes between two writes has nobody else who waits for it.
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
