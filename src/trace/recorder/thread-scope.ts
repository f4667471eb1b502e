import type { InferredConversation } from './inferred-conversation.ts'

/** The part of a thread that the recorders of its sessions, cells and calls use. */
export interface ThreadScope {
  readonly threadId: string
  /** The conversation as far as calls show it; null when the agent records the real one. */
  readonly inferred: InferredConversation | null
  /** The current turn of the thread. Outside of a turn, a turn starts: every cell belongs to one. */
  scope(): { readonly threadId: string; readonly turnId: string }
  /** Returns the id of a cell, or a longer one where two sessions of the thread have the same id. */
  uniqueCellId(cellId: string): string
}
