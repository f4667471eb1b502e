import { remarkText } from '../../agent.ts'
import { type CellOutcome, type DeferredCall } from '../../index.ts'
import type { ExecReporter } from './reporter.ts'
import type { Io } from '../common/io.ts'

/** Reports a run to a program: one line of JSON per event. `docs/cli.md` lists the events. */
export function jsonReporter({ stdout }: Io): ExecReporter {
  const emit = (event: object): void => void stdout.write(`${JSON.stringify(event)}\n`)
  return {
    starting: () => undefined,
    opened: (sessionId) => emit({ type: 'session', id: sessionId }),
    started: (cellId) => emit({ type: 'started', cell_id: cellId }),
    warning: (message) => emit({ type: 'warning', message }),
    callStarted: ({ id, tool }) => emit({ type: 'tool_call_started', id, tool }),
    callEnded: ({ id, tool, durationMs, error }) =>
      emit({ type: 'tool_call_ended', id, tool, duration_ms: Math.round(durationMs), error }),
    callDeferred: (call) => emit({ type: 'tool_call_deferred', ...deferredOf(call) }),
    waiting: (_sessionId, calls) => emit({ type: 'waiting', calls: calls.map(deferredOf) }),
    // Prompts are on standard error.
    prompting: () => ({ [Symbol.dispose]: () => undefined }),
    items: (items) => {
      for (const item of items) emit({ type: 'output', item })
    },
    notification: (text) => emit({ type: 'notification', text }),
    ended: (outcome, wallTimeMs) =>
      emit({ type: 'result', ...resultOf(outcome), wall_time_ms: Math.round(wallTimeMs) }),
    recorded: (directory) => emit({ type: 'trace', directory }),
    close: () => undefined,
  }
}

function deferredOf({ callId, tool, key, note, expiresAt }: DeferredCall): object {
  return { id: callId, tool, key, note, expires_at: expiresAt }
}

function resultOf(outcome: CellOutcome): object {
  const remarks = 'remarks' in outcome ? outcome.remarks : []
  return {
    status: outcome.type,
    error: 'errorText' in outcome ? outcome.errorText : null,
    limit: outcome.type === 'failed' ? outcome.limit : null,
    ...(remarks.length === 0 ? {} : { remarks: remarks.map((remark) => ({ ...remark, text: remarkText(remark) })) }),
  }
}
