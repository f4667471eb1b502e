import type { InferredConversation } from './inferred-conversation.ts'
import type { CallIds } from './call-ids.ts'
import type { TurnScope } from './turn-scope.ts'

/** The part of a thread that the recorders of its sessions, cells and calls use. */
export interface ThreadScope {
  readonly threadId: string
  readonly callIds: CallIds
  /** The inferred conversation; null if the agent records the real one. */
  readonly inferred: InferredConversation | null
  /** Returns the current turn of the thread, or starts one: every call of the model belongs to a turn. */
  scope(): TurnScope
  /** Returns whether the turn has not ended. */
  isOpen(turn: TurnScope): boolean
  /** Returns the id of a cell, or a longer one where two sessions of the thread have the same id. */
  uniqueCellId(cellId: string): string
}
