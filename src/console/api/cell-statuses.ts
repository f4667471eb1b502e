import type { CellStatus } from './sessions.ts'

/** All statuses, in the order of {@link CellStatus}. */
export const cellStatuses: readonly CellStatus[] = [
  'waits_person',
  'waits_result',
  'waits_host',
  'waits_tool',
  'waits_timer',
  'running',
  'interrupted',
  'finished',
  'completed',
  'failed',
  'terminated',
]
