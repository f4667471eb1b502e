/**
 * The state of an MCP server. `lost`: it has exited or cannot be reached, and `nextAttemptAt` says when it is started again, as a
 * timestamp in milliseconds. `failed`: it did not start, and its tools are not offered; or it needs a login, after which it is
 * started again.
 */
export type McpServerStatus = {
  readonly server: string
  /** The timestamp of the last change, in milliseconds. */
  readonly since: number
} & (
  | { readonly state: 'starting' | 'closed' }
  | {
      readonly state: 'ready'
      readonly tools: number
      /** Duration of the start with the listing of the tools, in milliseconds. */
      readonly startMs: number
    }
  | { readonly state: 'lost'; readonly reason: string; readonly nextAttemptAt: number }
  | { readonly state: 'restarting'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string; readonly needsLogin: boolean }
)
