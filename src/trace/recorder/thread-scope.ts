import type { InferredConversation } from './inferred-conversation.ts'

/** The part of a thread that the recorders of its sessions, cells and calls use. */
export interface ThreadScope {
  readonly threadId: string
  /** The inferred conversation; null if the agent records the real one. */
  readonly inferred: InferredConversation | null
  /** Returns the current turn of the thread, or starts one: every cell belongs to a turn. */
  scope(): { readonly threadId: string; readonly turnId: string }
  /** Returns the id of a cell, or a longer one where two sessions of the thread have the same id. */
  uniqueCellId(cellId: string): string
}
