import { isThrown, messageOf } from '../../errors.ts'
import type { CellLedger, LedgerEntry, RevertibleCall, RevertState } from '../../storage/ledger.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'
import { callAsync } from '../../protocol/guarded-calls.ts'
import type { RevertEntry } from '../api/revert-report.ts'
import { shortenedText } from '../error-text.ts'
import { isOutcomeUnknown, isRepeatable } from './tool-effects.ts'

export type RevertInit = {
  readonly ledger: CellLedger
  /** Has the tools that there are now. */
  readonly catalogue: Catalogue
  readonly timeoutMs: number
  /** Aborts when the session is closed. */
  readonly signal: AbortSignal
  readonly onReverted: (entry: RevertEntry) => void
}

/** Longest text of an error, in characters. */
const maxText = 2000

type Result = Pick<RevertEntry, 'type' | 'text'>

/** Undoes the calls of a cell that has ended, one after the other, the last one first. Throws the reason of `signal`. */
export async function revertCalls(parts: RevertInit): Promise<readonly RevertEntry[]> {
  const entries: RevertEntry[] = []
  for (const call of parts.ledger.list().toReversed()) {
    if (call.isReadOnly || call.state === 'not_started' || call.state === 'failed') continue
    parts.signal.throwIfAborted()
    const { callId, key, identifier } = call
    const entry: RevertEntry = { callId, key, identifier, ...(await revertCall(call, parts)) }
    parts.onReverted(entry)
    entries.push(entry)
  }
  return entries
}

async function revertCall(call: LedgerEntry, parts: RevertInit): Promise<Result> {
  const { identifier, state, reverted } = call
  if (reverted?.type === 'reverted') return { type: 'already_reverted', text: null }
  if (state !== 'applied')
    return { type: 'unknown', text: `it is unknown whether the call was applied${because(call)}` }
  const tool = parts.catalogue.find(identifier)
  if (tool === undefined) return notRevertible(`tool \`${identifier}\` is no longer available`)
  if (tool.revert === undefined) return notRevertible(`tool \`${identifier}\` does not say how its calls are undone`)
  if (reverted?.type === 'unknown' && !isRepeatable(tool)) {
    return { type: 'unknown', text: reverted.note ?? 'it is unknown whether the call was undone' }
  }
  const number = Number(call.callId.slice('tool-'.length))
  const kept = parts.ledger.revertible(number)
  if (kept === null) return notRevertible('its result was not kept')
  return await revertRecorded({ call, number, kept, tool }, parts)
}

type RevertedCall = {
  readonly call: LedgerEntry
  readonly number: number
  readonly kept: RevertibleCall
  readonly tool: Tool
}

/** Recorded before it happens: if the process ends during the revert, its outcome is unknown. */
async function revertRecorded({ call, number, kept, tool }: RevertedCall, parts: RevertInit): Promise<Result> {
  const { ledger } = parts
  try {
    ledger.recordRevert(number, recordOf({ type: 'unknown', text: 'the process ended while the call was undone' }))
  } catch (error) {
    return { type: 'failed', text: `the call was not undone: ${textOf(error)}` }
  }
  const result = await callRevert(tool, { call, kept }, parts)
  try {
    ledger.recordRevert(number, recordOf(result))
    return result
  } catch (error) {
    return { ...result, text: [result.text, `this is not on record: ${textOf(error)}`].filter(Boolean).join('; ') }
  }
}

type RevertResult = { readonly type: RevertState['type']; readonly text: string | null }

function recordOf({ type, text }: RevertResult): RevertState {
  return { type, at: Date.now(), note: text }
}

async function callRevert(
  tool: Tool,
  { call, kept }: Pick<RevertedCall, 'call' | 'kept'>,
  { timeoutMs, signal }: RevertInit,
): Promise<RevertResult> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => undefined)
  const stop = (): void => stopped.reject(new NoAnswer())
  either.addEventListener('abort', stop, { once: true })
  try {
    const input: unknown = kept.input === '' ? undefined : JSON.parse(kept.input)
    const result: unknown = JSON.parse(kept.result)
    const reverting = callAsync(() => tool.revert?.({ input, result, key: call.key }, { signal: either }))
    await Promise.race([reverting, stopped.promise])
    return { type: 'reverted', text: null }
  } catch (error) {
    if (isThrown(error, NoAnswer)) {
      const why = timeout.aborted ? `the tool did not answer within ${timeoutMs} ms` : 'the session was closed'
      return { type: 'unknown', text: `it is unknown whether the call was undone: ${why}` }
    }
    return { type: isOutcomeUnknown(error) ? 'unknown' : 'failed', text: textOf(error) }
  } finally {
    either.removeEventListener('abort', stop)
  }
}

class NoAnswer extends Error {}

function because({ note }: LedgerEntry): string {
  return note === null ? '' : `: ${note}`
}

function notRevertible(text: string): Result {
  return { type: 'not_revertible', text }
}

function textOf(error: unknown): string {
  return shortenedText(messageOf(error), maxText)
}
