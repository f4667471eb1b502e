import type { HostRemarks, PromiseUse, Remark } from '../../protocol/remark.ts'
import { containedCalls } from './contained-calls.ts'

/** The longest text of a rejection, in characters. */
const maxText = 500

export type ProgramWork = {
  /** The program that ran. */
  readonly source: string
  /** Whether it ended well. */
  readonly isCompleted: boolean
  /** Calls that it made in all. */
  readonly callsMade: number
  /** The tools of the calls that are not answered. */
  readonly unanswered: readonly string[]
  /** Null: its host has nothing to say. */
  readonly host: HostRemarks | null
}

/** Returns the remarks on the work of a program that has ended. */
export function remarksOn({ source, isCompleted, callsMade, unanswered, host }: ProgramWork): readonly Remark[] {
  const contained = isCompleted && callsMade === 0 ? containedCalls(source) : []
  return [
    ...(unanswered.length === 0
      ? []
      : [{ type: 'calls_cut_off', count: unanswered.length, tools: [...new Set(unanswered)] } as const]),
    ...(host === null ? [] : hostRemarks(host, source)),
    ...(contained.length === 0 ? [] : [{ type: 'no_calls_made', tools: contained } as const]),
  ]
}

const uses: readonly PromiseUse[] = ['printed', 'notified', 'stored', 'passed']

function hostRemarks(host: HostRemarks, source: string): readonly Remark[] {
  const { rejection } = host
  // A program that has the words in it may have printed them.
  const spelled = source.includes('[object Promise]') ? 0 : host.spelled
  const counts = { ...host, printed: host.printed + spelled }
  const used = uses.filter((use) => counts[use] > 0)
  return [
    ...(rejection === null ? [] : [{ type: 'rejection_unhandled', reason: shortened(rejection) } as const]),
    ...used.map((use) => ({ type: 'promises_used', use, count: counts[use] }) as const),
  ]
}

function shortened(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}…`
}
