import { CodecellError } from '../../errors.ts'
import { readCall } from '../../storage/reports/read-call.ts'
import type { CallDetail } from '../api.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { callItemOf, decisionItemOf } from '../data/call-items.ts'
import { longText } from '../data/long-text.ts'

/** Maximum length of an input, a result and a source, in characters. */
const maxText = 262_144

/** @throws {CodecellError} `CALL_NOT_FOUND`, and the errors of `readSession` */
export async function callDetail(
  workspace: Workspace,
  { sessionId, key }: { readonly sessionId: string; readonly key: string },
): Promise<CallDetail> {
  const report = await workspace.report(sessionId)
  const call = report.ledger.find((entry) => entry.key === key)
  if (call === undefined) {
    throw new CodecellError('INVALID_OPTION', `Cannot show call ${JSON.stringify(key.slice(0, 200))}: not found`)
  }
  const { source: stored, live } = workspace
  const isStored = stored !== null && !live.isInMemory(sessionId)
  const whole = isStored ? await readCall({ ...stored.location, sessionId }, call) : null
  const pending = report.pendingApprovals.find((approval) => approval.key === key)
  const input = whole?.input ?? pending?.wholeInput ?? call.input
  const decided = report.decisions.find((decision) => decision.key === key)
  const source = report.cellList.find(({ cellId }) => cellId === call.cellId)?.source ?? ''
  return {
    ...callItemOf(sessionId, call),
    input: { ...longText(input, maxText), ...(input.endsWith('…') ? { isComplete: false } : {}) },
    result:
      whole?.result === null || whole === null
        ? null
        : { type: whole.result.type, ...longText(whole.result.text, maxText) },
    decision: decided === undefined ? null : decisionItemOf(sessionId, decided),
    source,
  }
}
