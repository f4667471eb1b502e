import { parseExecInput } from '../../agent.ts'
import { runEdited, type EditedEnd, type RecordedCall, type ReplayOptions } from '../../replay.ts'
import type { FoundCellLog, TraceBundle } from '../../trace.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { readSource } from '../exec/read-source.ts'
import { itemText } from '../exec/text-reporter.ts'
import { locationText, shown } from './replay-text.ts'

/** Runs an edited program with the recorded responses: prints its output to standard output, and its end to standard error. */
export async function runEditedSource(
  bundle: TraceBundle,
  found: FoundCellLog,
  io: Io,
  { source: file, ...options }: ReplayOptions & { readonly source: string },
): Promise<number> {
  const { source } = parseExecInput(await readSource(file, io))
  const { end, used, unused } = await runEdited(bundle, found, {
    ...options,
    source,
    onItem: (item) => io.stdout.write(`${itemText(item)}\n`),
    onNotification: (text) => io.stderr.write(`[notification] ${text}\n`),
  })
  const lines = [endText(end), ...callsText('used', used), ...callsText('not used', unused)]
  io.stderr.write(`${lines.join('\n')}\n`)
  return end.type === 'completed' ? exitCodes.completed : exitCodes.scriptFailed
}

function endText(end: EditedEnd): string {
  switch (end.type) {
    case 'completed':
      return 'Script completed'
    case 'failed':
      return `Script error:\n${end.errorText}`
    case 'unanswered':
      return `Stopped at a call that is not recorded${locationText(end.location)}: ${callText(end)}`
    case 'output_missing':
      return `Stopped at load("output:${end.output}"), which is not recorded`
    case 'waiting':
      return 'Stopped: it waits for a response that was never recorded'
    case 'stopped':
      return `Stopped: ${end.reason}`
    default:
      return end satisfies never
  }
}

const maxListed = 20

function callsText(what: string, calls: readonly RecordedCall[]): string[] {
  const listed = calls.slice(0, maxListed).map((call) => {
    const answer = call.hasResult ? '' : ', without a response'
    return `  tool-${call.id} ${callText(call)}${locationText(call.location)}${answer}`
  })
  const more = calls.length > maxListed ? [`  and ${calls.length - maxListed} more`] : []
  return [`Recorded calls ${what}: ${calls.length}`, ...listed, ...more]
}

function callText({ tool, input }: Pick<RecordedCall, 'tool' | 'input'>): string {
  return `${shown(tool)}(${shown(input)})`
}
