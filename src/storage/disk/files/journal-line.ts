import { CodecellError } from '../../../errors.ts'
import type { JournaledCommand } from '../../../protocol/command.ts'
import { parseEnginePrint, type EnginePrint } from '../../../protocol/engine-print.ts'
import { isRecord } from '../../../protocol/json.ts'
import { parseJournaledCommand } from '../../../protocol/parse-command.ts'
import type { TimerRecord } from '../../session-store.ts'

/** A line of the journal of a cell. */
export type JournalLine =
  | { readonly type: 'given'; readonly command: JournaledCommand }
  /** A result with the text of the line at the offset `same`. */
  | { readonly type: 'given_again'; readonly command: JournaledCommand; readonly same: number }
  | ({ readonly type: 'timer'; readonly id: number } & TimerRecord)
  /** Fingerprints of the events since the previous line of this kind; `from`: the number of events before them. */
  | { readonly type: 'events'; readonly from: number; readonly prints: string }
  /** Retained output of another cell that this cell loaded. */
  | { readonly type: 'output'; readonly output: number; readonly body: string | null }
  /**
   * The reason why the cell has no host; null when it has one. `engine` is that of the host: for the first host, and when it differs
   * from that of the host before.
   */
  | { readonly type: 'host'; readonly reason: string | null; readonly engine?: EnginePrint }

const types: readonly string[] = [
  'given',
  'given_again',
  'timer',
  'events',
  'output',
  'host',
] satisfies readonly JournalLine['type'][]

/** Returns the type of a line that this version does not know; null for other lines. */
export function unknownTypeOf(value: unknown): string | null {
  const type = isRecord(value) ? value['type'] : null
  return typeof type === 'string' && !types.includes(type) ? type : null
}

/** Parses a line; returns null for a malformed one. */
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
      return typeof reason === 'string' || reason === null ? { type, reason, ...engineOf(value['engine']) } : null
    default:
      return null
  }
}

function engineOf(value: unknown): { readonly engine?: EnginePrint } {
  const engine = parseEnginePrint(value)
  return engine === null ? {} : { engine }
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
