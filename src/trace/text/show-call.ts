import { readStepContent } from '../timeline/entry-content.ts'
import type { TraceStep } from '../timeline/timeline-entry.ts'
import { paintedStatus } from './colors.ts'
import { oneLine } from './plain-text.ts'
import { offset, type ShowContext } from './show-context.ts'
import { lasted } from './times.ts'

/** A request to a model: what it took, and what the model said in words. */
export function* showModel(step: TraceStep, context: ShowContext): Generator<string> {
  const { paint, isWhole, width, payloads, startedAt } = context
  const { usage, server } = step
  const name = oneLine(`${server ?? ''}/${step.name}`, { width: 60, isWhole })
  const tokens = usage === null ? '' : ` · ${usage.input_tokens} tokens in, ${usage.output_tokens} out`
  const what = paint.strong(step.type === 'compaction' ? 'compaction' : 'model')
  const end = `${paintedStatus(step.status, paint)} · ${lasted(step.start, step.end)}${tokens}`
  yield `${paint.dim(offset(step, startedAt))}  ${what} ${name}  ${end}`
  const said = readStepContent(step, payloads).output
  if (said !== null && said !== '') yield `${margin}said: ${oneLine(said, { width: width - 22, isWhole })}`
}

/** A tool call that the model made itself, or a wait or other event that belongs to no cell. */
export function* showCall(step: TraceStep, context: ShowContext): Generator<string> {
  const { paint, isWhole, width, startedAt } = context
  const name = paint.strong(oneLine(step.name, { width: 60, isWhole }))
  const call = step.call === null ? '' : ` ${oneLine(step.call, { width: 40, isWhole })}`
  const status = step.status === '' ? '' : `  ${paintedStatus(step.status, paint)} · ${lasted(step.start, step.end)}`
  yield `${paint.dim(offset(step, startedAt))}  ${name}${paint.dim(call)}${status}`
  for (const line of exchanged(step, context, width - 18)) yield `${margin}${line}`
}

const margin = ' '.repeat(11)

/** What a call was given and gave back, a line each. */
function exchanged(step: TraceStep, context: ShowContext, width: number): readonly string[] {
  const { input, output, error } = readStepContent(step, context.payloads)
  const room = { width, isWhole: context.isWhole }
  return [
    ...(input === null || input === '' ? [] : [`in: ${oneLine(input, room)}`]),
    ...(output === null || output === '' ? [] : [`out: ${oneLine(output, room)}`]),
    ...(error === null ? [] : [context.paint.bad(`error: ${oneLine(error, room)}`)]),
  ]
}
