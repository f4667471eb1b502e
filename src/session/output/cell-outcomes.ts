import { CodecellError } from '../../errors.ts'
import type { OutcomeLimitName } from '../../protocol/cell-limits.ts'
import { engineText, type EnginePrint } from '../../protocol/engine-print.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { Remark } from '../../protocol/remark.ts'
import type { CompletedOutcome, FailedOutcome, MissingOutcome, TerminatedOutcome } from '../api/outcome.ts'

/** The end of a program. A cell that its own caller terminates has none. */
export type Ending = {
  /** Whether another process terminated the cell. */
  readonly isTerminated?: boolean
  readonly errorText: string | null
  readonly limit: OutcomeLimitName | null
  readonly remarks: readonly Remark[]
}

/** The last response of a cell. */
export type FinalOutcome = CompletedOutcome | FailedOutcome | TerminatedOutcome

type Base = { readonly cellId: string; readonly items: readonly ContentItem[]; readonly durationMs: number }

export function outcomeOfEnd({ isTerminated, errorText, limit, remarks }: Ending, base: Base): FinalOutcome {
  if (isTerminated === true) return { type: 'terminated', ...base }
  const about = { ...base, ...(remarks.length === 0 ? {} : { remarks }) }
  return errorText === null ? { type: 'completed', ...about } : { type: 'failed', ...about, errorText, limit }
}

/** Returns the outcome for a cell that does not exist. */
export function missingOutcome(cellId: string, startedAt: number): MissingOutcome {
  return { type: 'missing', cellId, errorText: `exec cell ${cellId} not found`, durationMs: since(startedAt) }
}

export function sessionClosed(): CodecellError {
  return new CodecellError('SESSION_CLOSED', 'code mode session is shutting down')
}

/** Returns the error for a concurrent caller. */
export function cellError(code: 'CELL_BUSY' | 'CELL_TERMINATING', cellId: string): CodecellError {
  const state = code === 'CELL_BUSY' ? 'already has an active observer' : 'is already terminating'
  return new CodecellError(code, `exec cell ${cellId} ${state}`, { details: { cellId } })
}

/** Returns the milliseconds since a timestamp of `performance.now()`. */
export function since(startedAt: number): number {
  return performance.now() - startedAt
}

export const deadlockText =
  'the script cannot make progress: it awaits a promise that no tool call, timer or other event will settle'

/** Returns the error for a program whose engine no host has. `own` is the engine of the hosts; null when it is unknown. */
export function engineLostText(recorded: EnginePrint, own: EnginePrint | null): string {
  const here = own === null ? 'no host has it' : `the hosts have ${engineText(own)}`
  return `the program cannot resume: it began on the engine ${engineText(recorded)}, and ${here}`
}

/** Returns the error for a replay that diverged from the recorded run. */
export function divergedText(difference: string): string {
  return `the replay of the program diverged from its recorded run: ${difference}`
}
