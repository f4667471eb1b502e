import type { Elsewhere, OptionNames } from '../../options/check-options.ts'
import type { ApprovalOptions, ApprovalRule } from './approval.ts'
import type { FollowOptions } from './follow-event.ts'
import type { HostPoolOptions } from './host-pool.ts'
import { limitRanges } from '../limits.ts'
import type {
  StorageOptions,
  ExecuteOptions,
  ObserveOptions,
  SessionOptions,
  TerminateOptions,
} from './session-options.ts'

export const sessionOptionNames: OptionNames<SessionOptions> = {
  storage: 'any',
  sessionId: 'any',
  tools: 'any',
  declarationTokens: 'any',
  limits: 'any',
  hosts: 'any',
  isolation: ['shared', 'process-per-session'],
  deadlock: ['report', 'fail', 'wait'],
  overflow: ['fail', 'cut'],
  evictAfterMs: 'any',
  maxYieldTimeMs: 'any',
  onNotification: 'function',
  approvals: 'any',
  checkInputs: 'boolean',
  onWarning: 'function',
  onCellClosed: 'function',
  listeners: 'any',
  signal: 'any',
}

export const hostPoolOptionNames: OptionNames<HostPoolOptions> = {
  size: 'any',
  profile: ['default', 'strict'],
  warmIsolates: 'any',
  memoryMb: 'any',
  maxCells: 'any',
  timeZone: 'any',
  locale: 'any',
}

export const storageOptionNames: OptionNames<StorageOptions> = { dir: 'any', fsync: 'boolean' }

export const approvalOptionNames: OptionNames<ApprovalOptions> = {
  decide: 'function',
  rules: 'any',
  hints: ['none', 'destructive', 'writes'],
  onRequest: 'function',
  onBatch: 'function',
  hold: 'boolean',
}

export const approvalRuleNames: OptionNames<ApprovalRule> = {
  tools: 'any',
  policy: ['allow', 'ask', 'deny'],
  reason: 'any',
}

export const observeOptionNames: OptionNames<ObserveOptions> = {
  yieldTimeMs: 'any',
  signal: 'any',
  preempt: 'any',
  requestId: 'any',
}

export const executeOptionNames: OptionNames<ExecuteOptions> = {
  ...observeOptionNames,
  callId: 'any',
  onStarted: 'function',
}

/** One object may serve `observe` and `terminate`: a termination does not wait, so two of its options say nothing here. */
export const followOptionNames: OptionNames<FollowOptions> = { takesOutput: 'boolean', signal: 'any' }

export const terminateOptionNames: OptionNames<TerminateOptions & ObserveOptions> = { ...observeOptionNames }

/** Options of other things that are mistaken for options of a session. */
export const outsideSession: Elsewhere = {
  ...placesOf(hostPoolOptionNames, 'createHostPool, whose pool is the option "hosts"'),
  ...placesOf(storageOptionNames, 'the option "storage"'),
  ...placesOf(approvalOptionNames, 'the option "approvals"'),
  ...placesOf(limitRanges, 'the option "limits"'),
  onApproval: 'the option "approvals", as "onRequest"',
  onApprovals: 'the option "approvals", as "onBatch"',
  holdApproval: 'the option "approvals", as "hold"',
  holdApprovals: 'the option "approvals", as "hold"',
}

export const outsidePool: Elsewhere = placesOf(sessionOptionNames, 'createSession')

function placesOf(names: object, place: string): Elsewhere {
  return Object.fromEntries(Object.keys(names).map((name) => [name, place]))
}
