import type { CellProgress } from '../session-store.ts'
import type { JournalLine } from './files/journal-line.ts'

/** Returns what a cell received before its process ended, from the lines of its journal and from its row. */
export function progressOf(
  lines: readonly JournalLine[],
  row: { readonly delivered: number; readonly notified: number; readonly startedAt: number },
): CellProgress {
  const responses = new Map<number, { type: 'tool_response' | 'tool_error'; body: string }>()
  const firedTimers = new Set<number>()
  const recordedTimers = new Set<number>()
  let lastTime = row.startedAt
  for (const line of lines) {
    if (line.type === 'timer') recordedTimers.add(line.id)
    if (line.type !== 'given') continue
    const { command } = line
    lastTime = command.time
    if (command.type === 'timeout_fired') firedTimers.add(command.id)
    else responses.set(command.id, { type: command.type, body: command.body })
  }
  return { delivered: row.delivered, notified: row.notified, responses, firedTimers, recordedTimers, lastTime }
}
