import type { ApprovalBatch, ApprovalDecision } from '../../session/api/approval.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { CodeModeCore } from './code-mode-core.ts'

/** The members that `codeMode` of every integration returns. */
export interface CodeModeBase extends AsyncDisposable {
  readonly session: Session
  /** Returns the nested calls that wait for a decision, of one cell or of all, with the program that made them. */
  pendingApprovals(cellId?: string): readonly ApprovalBatch[]
  /**
   * Decides about calls by their keys: for more than one call, for the session, or for a part of what waits.
   *
   * @throws {CodecellError} APPROVAL_NOT_PENDING when a call does not wait for a decision.
   */
  decide(key: string | readonly string[], decision: ApprovalDecision): Promise<void>
  /** Terminates all cells and releases the hosts. */
  close(): Promise<void>
}

export function codeModeBase({ session }: CodeModeCore): CodeModeBase {
  return {
    session,
    pendingApprovals: (cellId) => session.pendingApprovals(cellId),
    decide: (key, decision) => session.decide(key, decision),
    close: async () => await session.close(),
    [Symbol.asyncDispose]: async () => await session.close(),
  }
}
