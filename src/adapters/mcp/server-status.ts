/**
 * The state of an MCP server. `lost`: it has exited or cannot be reached. `failed`: it has not started yet, and its tools are not
 * offered. `disabled`: the configuration switches it off. `nextAttemptAt` says when a server is started again, as a timestamp in
 * milliseconds; null for a server that cannot start until its configuration changes, or until a login with `needsLogin`, which also ends
 * a server that has started.
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
  | {
      readonly state: 'failed'
      readonly reason: string
      readonly nextAttemptAt: number | null
      /** Whether the server is started after a login, also of another process. */
      readonly needsLogin: boolean
    }
  | { readonly state: 'restarting' | 'disabled'; readonly reason: string }
)
