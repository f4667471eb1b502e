import type { HostRemarks, PromiseUse, Remark } from '../../protocol/remark.ts'
import { containedCalls } from './contained-calls.ts'

/** Maximum length of a rejection reason, in characters. */
const maxReasonChars = 500

/** The work of a program that has ended. */
export type ProgramWork = {
  /** The program as it ran: JavaScript. */
  readonly source: string
  /** Whether the program completed without an error. */
  readonly isCompleted: boolean
  /** The number of nested calls that the program made. */
  readonly callCount: number
  /** The tool of each pending call. */
  readonly pendingTools: readonly string[]
  /** Null when the host has no remarks. */
  readonly host: HostRemarks | null
}

/** Returns the remarks on the work of a program. */
export function remarksOn({ source, isCompleted, callCount, pendingTools, host }: ProgramWork): readonly Remark[] {
  const contained = isCompleted && callCount === 0 ? containedCalls(source) : []
  return [
    ...(pendingTools.length === 0
      ? []
      : [{ type: 'calls_cut_off', count: pendingTools.length, tools: [...new Set(pendingTools)] } as const]),
    ...(host === null ? [] : hostRemarks(host, source)),
    ...(contained.length === 0 ? [] : [{ type: 'no_calls_made', tools: contained } as const]),
  ]
}

const uses: readonly PromiseUse[] = ['printed', 'notified', 'stored', 'passed']

function hostRemarks(host: HostRemarks, source: string): readonly Remark[] {
  const { rejection } = host
  // A source that contains `[object Promise]` can have printed its own string.
  const spelled = source.includes('[object Promise]') ? 0 : host.spelled
  const counts = { ...host, printed: host.printed + spelled }
  const used = uses.filter((use) => counts[use] > 0)
  return [
    ...(rejection === null ? [] : [{ type: 'rejection_unhandled', reason: truncated(rejection) } as const]),
    ...used.map((use) => ({ type: 'promises_used', use, count: counts[use] }) as const),
  ]
}

function truncated(text: string): string {
  return text.length <= maxReasonChars ? text : `${text.slice(0, maxReasonChars)}…`
}
