import { CodecellError } from '../../../errors.ts'
import type { JournaledCommand } from '../../../protocol/command.ts'
import { isRecord } from '../../../protocol/json.ts'
import { parseJournaledCommand } from '../../../protocol/parse-command.ts'
import type { TimerRecord } from '../../session-store.ts'

/** A line of a cell's journal. */
export type JournalLine =
  | { readonly type: 'given'; readonly command: JournaledCommand }
  /** An answer whose text is that of the line that begins at `same`. */
  | { readonly type: 'given_again'; readonly command: JournaledCommand; readonly same: number }
  | ({ readonly type: 'timer'; readonly id: number } & TimerRecord)
  /** What the cell has emitted since the line of this kind before; `from`: how many events it had emitted until then. */
  | { readonly type: 'events'; readonly from: number; readonly prints: string }
  /** What the cell read of the kept output of another one. */
  | { readonly type: 'output'; readonly output: number; readonly body: string | null }
  /** There is no host for the cell, for this reason; null: there is one again. Says nothing about what the cell does. */
  | { readonly type: 'host'; readonly reason: string | null }

/** Reads a line; null for what is none. */
export function parseJournalLine(value: unknown): JournalLine | null {
  if (!isRecord(value)) return null
  const { type, id, due, delay, output, body, same, from, prints, reason } = value
  switch (type) {
    case 'given':
    case 'given_again': {
      const command = commandOf(value['command'])
      if (command === null) return null
      if (type === 'given') return { type, command }
      return isCount(same) ? { type, command, same } : null
    }
    case 'timer':
      return isCount(id) && typeof due === 'number' && typeof delay === 'number' ? { type, id, due, delay } : null
    case 'events':
      return isCount(from) && typeof prints === 'string' ? { type, from, prints } : null
    case 'output':
      return isCount(output) && (typeof body === 'string' || body === null) ? { type, output, body } : null
    case 'host':
      return typeof reason === 'string' || reason === null ? { type, reason } : null
    default:
      return null
  }
}

function commandOf(value: unknown): JournaledCommand | null {
  try {
    return parseJournaledCommand(value)
  } catch (error) {
    if (error instanceof CodecellError) return null
    throw error
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
