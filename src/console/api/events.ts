import type { NodeItem } from './reports.ts'
import type { CellItem, Overview, SessionItem, SourceHealth } from './sessions.ts'

/** An event of the stream. A stream begins with `hello`; a page that connects again loads its lists again. */
export type ConsoleEvent =
  | { readonly type: 'hello'; readonly overview: Overview }
  /**
   * The changes since the last event, at most 200 sessions and 200 cells. A list whose flag is set changed more than is listed, or in
   * its order: load it again.
   */
  | {
      readonly type: 'changed'
      readonly overview: Overview
      readonly sessions: readonly SessionItem[]
      readonly removedSessions: readonly string[]
      readonly cells: readonly CellItem[]
      readonly more: { readonly sessions: boolean; readonly cells: boolean }
      /** Whether pending calls, decisions or the ledger changed. */
      readonly approvals: boolean
      readonly calls: boolean
    }
  | { readonly type: 'health'; readonly health: SourceHealth }
  | { readonly type: 'nodes'; readonly nodes: readonly NodeItem[] }
  /** The login ended: the page asks for a token. */
  | { readonly type: 'logged_out' }
