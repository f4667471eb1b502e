import type { TimelineEntry } from '../timeline/timeline-entry.ts'
import { paintedStatus } from './colors.ts'
import { oneLine } from './plain-text.ts'
import { offset, type ShowContext } from './show-context.ts'
import { lasted } from './times.ts'

/** Shows a request to a model: its cost, and the text of the response. */
export function* showModel(entry: TimelineEntry, context: ShowContext): Generator<string> {
  const { paint, isWhole, width, reader, startedAt } = context
  const { usage, server } = entry
  const name = oneLine(`${server ?? ''}/${entry.name}`, { width: 60, isWhole })
  const tokens = usage === null ? '' : ` · ${usage.input_tokens} tokens in, ${usage.output_tokens} out`
  const what = paint.strong(entry.type === 'compaction' ? 'compaction' : 'model')
  const end = `${paintedStatus(entry.status, paint)} · ${lasted(entry.start, entry.end)}${tokens}`
  yield `${paint.dim(offset(entry, startedAt))}  ${what} ${name}  ${end}`
  const said = reader.contentOf(entry).output
  if (said !== null && said !== '') yield `${margin}said: ${oneLine(said, { width: width - 22, isWhole })}`
}

/** Shows a tool call of the model, or an entry that belongs to no cell. */
export function* showCall(entry: TimelineEntry, context: ShowContext): Generator<string> {
  const { paint, isWhole, width, startedAt } = context
  const name = paint.strong(oneLine(entry.name, { width: 60, isWhole }))
  const call = entry.call === null ? '' : ` ${oneLine(entry.call, { width: 40, isWhole })}`
  const status =
    entry.status === '' ? '' : `  ${paintedStatus(entry.status, paint)} · ${lasted(entry.start, entry.end)}`
  yield `${paint.dim(offset(entry, startedAt))}  ${name}${paint.dim(call)}${status}`
  for (const line of exchanged(entry, context, width - 18)) yield `${margin}${line}`
}

const margin = ' '.repeat(11)

/** Returns the lines for the input, output and error of a call. */
function exchanged(entry: TimelineEntry, context: ShowContext, width: number): readonly string[] {
  const { input, output, error } = context.reader.contentOf(entry)
  const room = { width, isWhole: context.isWhole }
  return [
    ...(input === null || input === '' ? [] : [`in: ${oneLine(input, room)}`]),
    ...(output === null || output === '' ? [] : [`out: ${oneLine(output, room)}`]),
    ...(error === null ? [] : [context.paint.bad(`error: ${oneLine(error, room)}`)]),
  ]
}
