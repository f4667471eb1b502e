import type { ContentItem } from '../../protocol/content-item.ts'
import type { Remark } from '../../protocol/remark.ts'

/**
 * What an observation of a cell brings. `items` is the output since the previous one. A script that fails is an outcome
 * like the others, never an exception.
 */
export type Outcome =
  /** The cell goes on. `stalled`: it awaits something that no tool, timer or command will ever settle. */
  | {
      readonly type: 'yielded'
      readonly cellId: string
      readonly items: readonly ContentItem[]
      readonly stalled: boolean
      /** Why no host can be started for the cell at the moment; it goes on by itself as soon as one can. */
      readonly waitsForHost?: string
      readonly durationMs: number
    }
  | {
      readonly type: 'completed'
      readonly cellId: string
      readonly items: readonly ContentItem[]
      readonly durationMs: number
      /** Work that was lost, when any was. */
      readonly remarks?: readonly Remark[]
    }
  /** `limit` names the limit that was passed, or is null when the script itself failed. */
  | {
      readonly type: 'failed'
      readonly cellId: string
      readonly items: readonly ContentItem[]
      readonly errorText: string
      readonly limit: string | null
      readonly durationMs: number
      readonly remarks?: readonly Remark[]
    }
  | {
      readonly type: 'terminated'
      readonly cellId: string
      readonly items: readonly ContentItem[]
      readonly durationMs: number
    }
  /** No such cell: never started, or its end was already handed over. */
  | { readonly type: 'missing'; readonly cellId: string; readonly errorText: string; readonly durationMs: number }
