import { CodecellError, hasCode, isThrown } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { leavesOutcomeUnknown } from '../../tools/unknown-outcome.ts'
import type { Tool } from '../../tools/tool.ts'

/** Whether a call with an unknown outcome may be made again with the same key. A call that only reads may. */
export function isRepeatable({ idempotent, annotations }: Tool): boolean {
  return idempotent ?? (annotations?.idempotentHint === true || annotations?.readOnlyHint === true)
}

/** Whether the tool says that its calls change nothing. */
export function isReadOnly({ annotations }: Tool): boolean {
  return annotations?.readOnlyHint === true
}

/** Whether what a tool throws leaves open what came of the call: it says so itself, or its answer did not arrive. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (hasCode(error, 'TOOL_OUTCOME_UNKNOWN')) return true
  return !isThrown(error, CodecellError) && leavesOutcomeUnknown(error)
}

/** An MCP server says in its result that it did not do what it was asked for. */
export function isRefusal({ server }: Tool, result: unknown): boolean {
  return typeof server === 'string' && isRecord(result) && result['isError'] === true
}
