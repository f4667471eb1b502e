import type { LiveEvent } from '../data/live.ts'

export type CellReference = { readonly sessionId: string; readonly cellId: string }

export function keyOfCell({ sessionId, cellId }: CellReference): string {
  return `${sessionId} ${cellId}`
}

/** Whether an event can change the details of a cell. */
export function isAbout({ sessionId, cellId }: CellReference, event: LiveEvent): boolean {
  return (
    event.type === 'changed' &&
    (event.more.cells ||
      event.cells.some((cell) => cell.sessionId === sessionId && cell.cellId === cellId) ||
      event.removedSessions.includes(sessionId))
  )
}
