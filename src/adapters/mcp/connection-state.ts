import type { LoginWatch } from './auth/login-watch.ts'
import type { McpLink } from './mcp-link.ts'
import type { McpServerStatus } from './server-status.ts'

/** A server that waits for an attempt to start it. `lost` had tools before, `failed` never had. */
type WaitingState = {
  readonly type: 'lost' | 'failed'
  readonly reason: string
  readonly nextAttemptAt: number
  readonly timer: NodeJS.Timeout
}

/** The states in the order in which a server usually has them. */
export type ConnectionState =
  | { readonly type: 'starting' | 'closed' }
  | { readonly type: 'ready'; readonly link: McpLink; readonly startMs: number }
  | WaitingState
  | { readonly type: 'restarting'; readonly reason: string; readonly isRenewal: boolean; readonly done: Promise<void> }
  | { readonly type: 'given_up'; readonly reason: string }
  | { readonly type: 'needs_login'; readonly reason: string; readonly login: LoginWatch }

/** Returns the status of a server in a state. */
export function statusOf(
  state: ConnectionState,
  common: Pick<McpServerStatus, 'server' | 'since'>,
  tools: number,
): McpServerStatus {
  switch (state.type) {
    case 'starting':
    case 'closed':
      return { ...common, state: state.type }
    case 'ready':
      return { ...common, state: 'ready', tools, startMs: state.startMs }
    case 'lost':
      return { ...common, state: 'lost', reason: state.reason, nextAttemptAt: state.nextAttemptAt }
    case 'failed':
      return { ...common, ...failed(state.reason), nextAttemptAt: state.nextAttemptAt }
    case 'restarting':
      return { ...common, state: 'restarting', reason: state.reason }
    case 'given_up':
      return { ...common, ...failed(state.reason) }
    case 'needs_login':
      return { ...common, ...failed(state.reason), needsLogin: true }
    default:
      return state satisfies never
  }
}

function failed(reason: string): Pick<FailedStatus, 'state' | 'reason' | 'nextAttemptAt' | 'needsLogin'> {
  return { state: 'failed', reason, nextAttemptAt: null, needsLogin: false }
}

type FailedStatus = Extract<McpServerStatus, { readonly state: 'failed' }>

/** Returns the text for calls while the server is away. */
export function awayText(state: ConnectionState): string {
  switch (state.type) {
    case 'lost':
    case 'failed': {
      const seconds = Math.max(0, (state.nextAttemptAt - Date.now()) / 1000).toFixed(1)
      return `the server is not connected: ${state.reason}; it was not called; the next attempt to start it is in ${seconds} s`
    }
    case 'restarting':
      return `the server is not connected: ${state.reason}; it was not called; it is being started again`
    case 'given_up':
      return `the server did not start: ${state.reason}`
    case 'needs_login':
      return state.reason
    case 'starting':
    case 'ready':
    case 'closed':
      return 'the connection is closed'
    default:
      return state satisfies never
  }
}
