/** The thread and the turn of an event. */
export type TurnScope = { readonly threadId: string; readonly turnId: string }
