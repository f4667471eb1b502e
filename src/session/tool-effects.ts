import { hasCode } from '../errors.ts'
import type { Tool } from '../tools/tool.ts'

/** Whether a call of the tool may be made again with the same key when nobody knows what came of it. What only reads may. */
export function isRepeatable({ idempotent, annotations }: Tool): boolean {
  return idempotent ?? (annotations?.idempotentHint === true || annotations?.readOnlyHint === true)
}

/** Whether a tool says by what it throws that nobody knows what came of the call. */
export function isOutcomeUnknown(error: unknown): boolean {
  return hasCode(error, 'TOOL_OUTCOME_UNKNOWN')
}
