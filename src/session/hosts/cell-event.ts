import type { CellEvent } from '../../protocol/event.ts'
import type { HostCell } from '../../protocol/message.ts'

type HostEvent = CellEvent & { readonly cell: HostCell }

/**
 * Returns an event without the number of its cell on the host. The function copies each field by name: a host emits up to a
 * million events per second, and an object rest pattern costs more than the rest of the event handling.
 */
export function cellEventOf(event: HostEvent): CellEvent {
  switch (event.type) {
    case 'started':
    case 'yield_requested':
    case 'completed':
      return { type: event.type }
    case 'text':
    case 'audio':
    case 'notify':
    case 'rejected':
      return { type: event.type, body: event.body }
    case 'image':
      return { type: event.type, detail: event.detail, body: event.body }
    case 'place':
      return { type: event.type, line: event.line, column: event.column }
    case 'tool_call':
      return { type: event.type, id: event.id, tool: event.tool, body: event.body }
    case 'timer_set':
      return { type: event.type, id: event.id, delay: event.delay, time: event.time }
    case 'timer_cleared':
      return { type: event.type, id: event.id }
    case 'stored':
      return { type: event.type, key: event.key, body: event.body }
    case 'failed':
      return { type: event.type, limit: event.limit, body: event.body }
    default:
      return event satisfies never
  }
}
