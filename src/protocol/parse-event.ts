import type { CellEvent } from './event.ts'
import { MessageReader, violation } from './message-reader.ts'

/** Parses an event of a cell as records have it: a message of a host without the number of its cell. Throws `PROTOCOL_VIOLATION`. */
export function parseCellEvent(value: unknown): CellEvent {
  const read = new MessageReader(value)
  const type = read.string('type')
  const event = readCellEvent(type, read)
  if (event === null) throw violation(`"${type.slice(0, 40)}" is not an event of a cell`)
  return event
}

/** Reads the fields of an event; null for a type that no event has. */
export function readCellEvent(type: string, read: MessageReader): CellEvent | null {
  switch (type) {
    case 'started':
    case 'yield_requested':
    case 'completed':
      return { type }
    case 'rejected':
    case 'text':
    case 'audio':
    case 'notify':
      return { type, body: read.string('body') }
    case 'image':
      return { type, detail: read.detail(), body: read.string('body') }
    case 'tool_call':
      return { type, id: read.count('id'), tool: read.string('tool'), body: read.string('body') }
    case 'place':
      return { type, line: read.count('line'), column: read.count('column') }
    case 'timer_set':
      return { type, id: read.count('id'), delay: read.number('delay'), time: read.number('time') }
    case 'timer_cleared':
      return { type, id: read.count('id') }
    case 'stored':
      return { type, key: read.string('key'), body: read.string('body') }
    case 'failed':
      return { type, limit: read.limit(), body: read.string('body') }
    default:
      return null
  }
}
