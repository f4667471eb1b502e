import type { NestedCallEnd } from '../../events/session-event.ts'
import type { DeferredCall } from '../api/deferred-call.ts'
import type { FollowEvent } from '../api/follow-event.ts'

/** An event of a nested call. */
export type CallEvent = Extract<FollowEvent, { readonly type: 'call_started' | 'call_deferred' | 'call_ended' }>

/** `input` is JSON, or empty for no input. */
type FollowedCall = { readonly id: number; readonly identifier: string; readonly input: string }

export function startedCall({ id, identifier, input }: FollowedCall): CallEvent {
  return { type: 'call_started', callId: `tool-${id}`, tool: identifier, input }
}

export function deferredCall(call: DeferredCall): CallEvent {
  return { type: 'call_deferred', ...call }
}

export function endedCall({ id, identifier }: FollowedCall, end: NestedCallEnd): CallEvent {
  const result = end.type === 'tool_response' ? 'succeeded' : end.type === 'tool_error' ? 'failed' : 'cancelled'
  const errorText = end.type === 'tool_error' ? end.body : null
  return { type: 'call_ended', callId: `tool-${id}`, tool: identifier, result, errorText }
}
