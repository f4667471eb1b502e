import { CodecellError, hasCode, isThrown } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { leavesOutcomeUnknown } from '../../tools/unknown-outcome.ts'
import type { Tool } from '../../tools/tool.ts'

/** Returns whether a call with an unknown outcome can be retried with the same key. Read-only calls can. */
export function isRepeatable({ idempotent, annotations }: Tool): boolean {
  return idempotent ?? (annotations?.idempotentHint === true || annotations?.readOnlyHint === true)
}

/** Returns whether the tool is annotated as read-only. */
export function isReadOnly({ annotations }: Tool): boolean {
  return annotations?.readOnlyHint === true
}

/** Returns whether an error leaves the outcome of a call unknown: the tool reports so, or its result did not arrive. */
function isOutcomeUnknown(error: unknown): boolean {
  if (hasCode(error, 'TOOL_OUTCOME_UNKNOWN')) return true
  return !isThrown(error, CodecellError) && leavesOutcomeUnknown(error)
}

/** Returns what is known about the effect of a call that failed with an error. */
export function stateAfter(error: unknown): 'applied' | 'failed' | 'unknown' {
  if (hasCode(error, 'TOOL_RESULT_UNREADABLE')) return 'applied'
  return isOutcomeUnknown(error) ? 'unknown' : 'failed'
}

/** Returns whether the result of an MCP server reports an error. */
export function isRefusal({ server }: Tool, result: unknown): boolean {
  return typeof server === 'string' && isRecord(result) && result['isError'] === true
}
