import { engineChoices } from '../../protocol/engine-name.ts'
import type { Elsewhere, OptionNames } from '../../options/check-options.ts'
import type { ApprovalOptions, ApprovalRule } from './approval.ts'
import type { FollowOptions } from './follow-event.ts'
import type { HostPoolOptions } from './host-pool.ts'
import { limitRanges } from '../common/limits.ts'
import type {
  CloseOptions,
  StorageOptions,
  ExecuteOptions,
  ObserveOptions,
  SessionOptions,
  TerminateOptions,
} from './session-options.ts'

export const sessionOptionNames: OptionNames<SessionOptions> = {
  storage: 'any',
  store: 'any',
  sessionId: 'any',
  tools: 'any',
  declarationTokens: 'any',
  limits: 'any',
  hosts: 'any',
  isolation: ['shared', 'process-per-session'],
  deadlock: ['report', 'fail', 'wait'],
  overflow: ['fail', 'cut'],
  evictAfterMs: 'any',
  engine: engineChoices,
  engineChange: ['wait', 'replay'],
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
  min: 'any',
  max: 'any',
  releaseAfterMs: 'any',
  engine: engineChoices,
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

export const followOptionNames: OptionNames<FollowOptions> = { takesOutput: 'boolean', signal: 'any' }

/** Includes the options of `observe` that have no effect, so that callers can pass one object to both methods. */
export const closeOptionNames: OptionNames<CloseOptions> = { graceMs: 'any' }

export const terminateOptionNames: OptionNames<TerminateOptions & ObserveOptions> = { ...observeOptionNames }

/** Locations of options that callers mistake for options of a session. */
export const outsideSession: Elsewhere = {
  ...locationsOf(hostPoolOptionNames, 'createHostPool, whose pool is the option "hosts"'),
  ...locationsOf(storageOptionNames, 'the option "storage"'),
  ...locationsOf(approvalOptionNames, 'the option "approvals"'),
  ...locationsOf(limitRanges, 'the option "limits"'),
  durable: 'the option "storage"',
  id: 'the option "sessionId"',
  onApproval: 'the option "approvals", as "onRequest"',
  onApprovals: 'the option "approvals", as "onBatch"',
  holdApproval: 'the option "approvals", as "hold"',
  holdApprovals: 'the option "approvals", as "hold"',
}

/** Locations of options that callers mistake for options of a pool. */
export const outsidePool: Elsewhere = locationsOf(sessionOptionNames, 'createSession')

function locationsOf(names: object, location: string): Elsewhere {
  return Object.fromEntries(Object.keys(names).map((name) => [name, location]))
}
