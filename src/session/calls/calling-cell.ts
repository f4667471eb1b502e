import type { SourceLocation } from '../../events/session-event.ts'
import type { Tool } from '../../tools/tool.ts'
import type { CellApprovals } from '../approvals/cell-approvals.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import type { CellInit, SessionServices } from '../services/session-services.ts'
import type { CallResult } from './call-attempt.ts'

/** A call as the program requested it. */
export type CallRequest = {
  readonly id: number
  readonly identifier: string
  readonly tool: Tool
  /** JSON, or an empty string when the program passed no argument. */
  readonly input: string
  readonly location: SourceLocation | null
}

/** The cell of nested calls. All calls of a cell share this object. */
export type CallingCell = {
  readonly services: SessionServices
  readonly init: CellInit
  readonly approvals: CellApprovals
  readonly followers: CellFollowers
  /** Delivers the result of a call to the program. */
  readonly respond: (id: number, result: CallResult) => void
  /** Called when a call settles, before the program receives the result. */
  readonly onSettled: (call: CallRequest) => void
  /** Called when a call begins to wait for a result that arrives later. */
  readonly onDeferred: () => void
}
