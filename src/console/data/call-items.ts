import type { LedgerEntry } from '../../storage/ledger.ts'
import type { DecisionReport } from '../../storage/disk/session-report.ts'
import type { CallItem, Decision } from '../api.ts'

/** Maximum length of the beginning of an input, in characters. */
const maxInputStart = 200

export function callItemOf(sessionId: string, call: LedgerEntry): CallItem {
  const { cellId, callId, key, identifier, state, isReadOnly, location, startedAt, endedAt, note, reverted } = call
  return {
    sessionId,
    cellId,
    callId,
    key,
    identifier,
    state,
    isReadOnly,
    location,
    startedAt,
    endedAt,
    durationMs: startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt),
    inputStart: call.input.slice(0, maxInputStart),
    note,
    deferral: call.deferral === null ? null : { note: call.deferral.note, expiresAt: call.deferral.expiresAt },
    settled: settledOf(call),
    reverted,
  }
}

function settledOf({ settled }: LedgerEntry): CallItem['settled'] {
  if (settled === undefined) return null
  const { type, by, at, note } = settled
  return { type, by, at, note }
}

export function decisionItemOf(sessionId: string, decision: DecisionReport): Decision {
  const { cellId, callId, key, identifier, state, reason, grantedCalls, decidedBy, askedAt, decidedAt } = decision
  return {
    sessionId,
    cellId,
    callId,
    key,
    identifier,
    state,
    decision: decision.decision,
    grantedCalls,
    reason,
    decidedBy,
    askedAt,
    decidedAt,
  }
}
