import { isThrown, messageOf } from '../../errors.ts'
import type { CellLedger, LedgerEntry, RevertibleCall, RevertState } from '../../storage/ledger.ts'
import type { Barrier } from '../../storage/session-store.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'
import { callAsync } from '../../protocol/guarded-calls.ts'
import type { RevertEntry } from '../api/revert-report.ts'
import { shortenedText } from '../common/error-text.ts'
import { isRepeatable, stateAfter } from './tool-effects.ts'

/** The parameters of a revert. */
export type RevertInit = {
  readonly ledger: CellLedger
  /** Returns the barrier for everything that was written about the calls. */
  readonly barrier: () => Barrier
  /** The current tools of the session. */
  readonly catalogue: Catalogue
  readonly timeoutMs: number
  /** Aborts when the session closes. */
  readonly signal: AbortSignal
  readonly onReverted: (entry: RevertEntry) => void
}

/** Maximum length of an error text, in characters. */
const maxErrorChars = 2000

type Result = Pick<RevertEntry, 'type' | 'text'>

/**
 * Reverts the calls of a cell one at a time, last call first.
 *
 * @throws The reason of `signal` when it aborts.
 */
export async function revertCalls(init: RevertInit): Promise<readonly RevertEntry[]> {
  const entries: RevertEntry[] = []
  for (const call of init.ledger.list().toReversed()) {
    if (call.isReadOnly || call.state === 'not_started' || call.state === 'failed') continue
    init.signal.throwIfAborted()
    const { callId, key, identifier } = call
    const entry: RevertEntry = { callId, key, identifier, ...(await revertCall(call, init)) }
    init.onReverted(entry)
    entries.push(entry)
  }
  return entries
}

async function revertCall(call: LedgerEntry, init: RevertInit): Promise<Result> {
  const { identifier, state, reverted } = call
  if (reverted?.type === 'reverted') return { type: 'already_reverted', text: null }
  if (state !== 'applied')
    return { type: 'unknown', text: `it is unknown whether the call was applied${suffixOf(call)}` }
  const tool = init.catalogue.find(identifier)
  if (tool === undefined) return notRevertible(`the session does not have the tool \`${identifier}\``)
  if (tool.revert === undefined) return notRevertible(`tool \`${identifier}\` does not define \`revert\``)
  if (reverted?.type === 'unknown' && !isRepeatable(tool)) {
    return { type: 'unknown', text: reverted.note ?? 'it is unknown whether the call was reverted' }
  }
  const number = Number(call.callId.slice('tool-'.length))
  const recorded = init.ledger.revertible(number)
  if (recorded === null) return notRevertible('its input or result was not recorded')
  return await revertRecorded({ call, number, recorded, tool }, init)
}

type RevertedCall = {
  readonly call: LedgerEntry
  readonly number: number
  readonly recorded: RevertibleCall
  readonly tool: Tool
}

/** Records the revert before it starts. If the process ends during the revert, the outcome stays unknown. */
async function revertRecorded({ call, number, recorded, tool }: RevertedCall, init: RevertInit): Promise<Result> {
  const refused = await recordStart(number, init)
  if (refused !== null) return refused
  const result = await callRevert(tool, { call, recorded }, init)
  try {
    init.ledger.recordRevert(number, recordOf(result))
    const barrier = init.barrier()
    if (barrier !== null) await barrier
    return result
  } catch (error) {
    return {
      ...result,
      text: [result.text, `the outcome was not recorded: ${textOf(error)}`].filter(Boolean).join('; '),
    }
  }
}

/** Records the start of a revert. Returns the result when the revert must not start; otherwise null. */
async function recordStart(number: number, init: RevertInit): Promise<Result | null> {
  try {
    init.ledger.recordRevert(number, recordOf({ type: 'unknown', text: 'the process ended during the revert' }))
  } catch (error) {
    return notStarted(error)
  }
  const barrier = init.barrier()
  if (barrier === null) return null
  try {
    await barrier
    init.signal.throwIfAborted()
    return null
  } catch (error) {
    const result = notStarted(error)
    recordFailure(number, result, init)
    return result
  }
}

/** Records that the tool was not called, so that the next revert tries again. */
function recordFailure(number: number, result: RevertResult, { ledger }: RevertInit): void {
  try {
    ledger.recordRevert(number, recordOf(result))
  } catch {
    // The record states that the outcome is unknown.
  }
}

function notStarted(error: unknown): { readonly type: 'failed'; readonly text: string } {
  return { type: 'failed', text: `the revert was not started: ${textOf(error)}` }
}

type RevertResult = { readonly type: RevertState['type']; readonly text: string | null }

function recordOf({ type, text }: RevertResult): RevertState {
  return { type, at: Date.now(), note: text }
}

async function callRevert(
  tool: Tool,
  { call, recorded }: Pick<RevertedCall, 'call' | 'recorded'>,
  { timeoutMs, signal }: RevertInit,
): Promise<RevertResult> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => undefined)
  const stop = (): void => stopped.reject(new Stopped())
  either.addEventListener('abort', stop, { once: true })
  try {
    const input: unknown = recorded.input === '' ? undefined : JSON.parse(recorded.input)
    const result: unknown = JSON.parse(recorded.result)
    const reverting = callAsync(() => tool.revert?.({ input, result, key: call.key }, { signal: either }))
    await Promise.race([reverting, stopped.promise])
    return { type: 'reverted', text: null }
  } catch (error) {
    if (isThrown(error, Stopped)) {
      const reason = timeout.aborted ? `the tool did not respond within ${timeoutMs} ms` : 'the session was closed'
      return { type: 'unknown', text: `it is unknown whether the call was reverted: ${reason}` }
    }
    const state = stateAfter(error)
    return { type: state === 'applied' ? 'reverted' : state, text: textOf(error) }
  } finally {
    either.removeEventListener('abort', stop)
  }
}

/** A timeout of the revert, or the end of the session. */
class Stopped extends Error {}

function suffixOf({ note }: LedgerEntry): string {
  return note === null ? '' : `: ${note}`
}

function notRevertible(text: string): Result {
  return { type: 'not_revertible', text }
}

function textOf(error: unknown): string {
  return shortenedText(messageOf(error), maxErrorChars)
}
