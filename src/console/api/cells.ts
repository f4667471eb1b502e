import type { CellItem, ConsoleWait, Location } from './sessions.ts'

/** A string that can be longer than the server sends. `bytes` is its size. */
export type LongText = { readonly text: string; readonly bytes: number; readonly isComplete: boolean }

export type CellOutput =
  | { readonly type: 'text'; readonly text: string }
  /** An image or audio item, as a `data:` URL of at most 1 MiB or null when it is larger or at another address. */
  | { readonly type: 'image' | 'audio'; readonly url: string | null; readonly bytes: number }
  | { readonly type: 'notification'; readonly text: string }

export type CellDetail = CellItem & {
  readonly execCallId: string | null
  readonly source: string
  /** All waits. */
  readonly allWaits: readonly ConsoleWait[]
  /** The locations of the calls that the program waits for, in the order of the calls. */
  readonly waitsAt: readonly (Location & { readonly callId: string; readonly identifier: string })[]
  /** The whole error of a failed cell. */
  readonly error: string | null
  /** `loaded`: on a host. `evicted`: it waits without a host. `unknown`: only the process that has the session open knows it. */
  readonly residence: 'loaded' | 'evicted' | 'not_open' | 'ended' | 'unknown'
  readonly engine: { readonly name: string; readonly version: string; readonly id: string } | null
  /** The output that the server knows, oldest first; `partial` when its beginning is missing, `unknown` when it is not stored. */
  readonly output: readonly CellOutput[]
  readonly outputIs: 'complete' | 'partial' | 'unknown'
  /** The path of the trace viewer for this cell; null without a trace. */
  readonly trace: string | null
}
