import type { ViewCellEnd } from '../../../src/trace/view/view-data.ts'

const causes: { readonly [By in ViewCellEnd['by']]: string } = {
  program: 'ended by its program',
  limit: 'ended by a limit of the session',
  model: 'terminated by the model',
  application: 'terminated by the application: a user, or an abort',
  session: 'terminated by the close of the session',
  turn: 'ended with its interrupted turn',
  unknown: 'terminated; the trace does not say by what',
}

/** Returns what ended a cell, in words. */
export function causeOf(end: ViewCellEnd | null): string {
  return end === null ? 'has no recorded end' : causes[end.by]
}
