import type { NestedCallEnd } from '../../events/session-event.ts'
import type { NestedCall } from '../calls/attempt-call.ts'
import type { FollowEvent } from '../api/follow-event.ts'

export type CallEvent = Extract<FollowEvent, { readonly type: 'call_started' | 'call_ended' }>

export function startedCall({ id, identifier, input }: NestedCall): CallEvent {
  return { type: 'call_started', callId: `tool-${id}`, tool: identifier, input }
}

export function endedCall({ id, identifier }: NestedCall, end: NestedCallEnd): CallEvent {
  const result = end.type === 'tool_response' ? 'answered' : end.type === 'tool_error' ? 'failed' : 'cancelled'
  const errorText = end.type === 'tool_error' ? end.body : null
  return { type: 'call_ended', callId: `tool-${id}`, tool: identifier, result, errorText }
}
