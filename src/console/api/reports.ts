export type NodesReport = {
  readonly at: number
  readonly nodes: readonly NodeItem[]
  /** Work of this tenant that waits for a node; null for a source without nodes. */
  readonly queue: {
    readonly due: number
    readonly dueSince: number | null
    readonly abandoned: number
    readonly abandonedSince: number | null
    readonly waiting: number
    readonly nextDueAt: number | null
    readonly inbox: number
    readonly parkedSessions: readonly string[]
    readonly needs: readonly string[]
  } | null
}
export type NodeItem = {
  readonly node: string
  readonly address: string | null
  readonly build: string | null
  readonly isAlive: boolean
  readonly isDraining: boolean
  /** Whether it is the console. */
  readonly isReader: boolean
  readonly leaseUntil: number | null
  readonly aliveSince: number | null
  readonly sessions: number
}

/** `from` and `to` are times; the last 24 hours by default. */
export type StatisticsQuery = { readonly from?: number; readonly to?: number; readonly session?: string }
export type CallFigures = {
  readonly calls: number
  readonly failures: number
  readonly unknown: number
  /** In milliseconds; null without a call that ended. */
  readonly medianMs: number | null
  readonly p95Ms: number | null
  readonly totalMs: number
}
export type TokenFigures = {
  readonly requests: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** In the currency of the prices; null without prices of a model. */
  readonly cost: number | null
}
export type Statistics = {
  readonly from: number
  readonly to: number
  /** The duration of an entry of the series. */
  readonly bucketMs: number
  readonly series: readonly ({ readonly at: number; readonly cells: number } & CallFigures)[]
  /** By calls, at most 50. */
  readonly tools: readonly ({ readonly identifier: string } & CallFigures)[]
  /** By calls, at most 50. `tokens` is null for a session without a trace. */
  readonly sessions: readonly ({
    readonly sessionId: string
    readonly cells: number
    readonly tokens: TokenFigures | null
  } & CallFigures)[]
  /** From the traces; null without them. */
  readonly models: readonly ({ readonly model: string } & TokenFigures)[] | null
  readonly tokenSeries: readonly ({ readonly at: number } & TokenFigures)[] | null
}
