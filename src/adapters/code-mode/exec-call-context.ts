import type { Session } from '../../session/api/session-options.ts'
import type { ToolCallContext } from '../../tools/tool.ts'

type NestedCall = Pick<ToolCallContext, 'cellId' | 'callId' | 'execCallId' | 'signal'>

type OpenedSession = Pick<Session, 'cells' | 'ledger'>

/** What each call of `exec` came with, for the nested tools of its cell, which may outlive the call. */
export class OuterCalls<CALL> {
  readonly #calls = new Map<string, CALL>()
  readonly #callOfCell = new Map<string, string>()
  readonly #reopened = new Map<string, PromiseWithResolvers<CALL>>()
  readonly #opened = Promise.withResolvers<OpenedSession>()

  begin(execCallId: string, call: CALL): void {
    this.#calls.set(execCallId, call)
  }

  /** The call was answered; `cellId` is the cell that goes on. */
  answered(execCallId: string, cellId: string | null): void {
    if (cellId === null) this.#calls.delete(execCallId)
    else this.#callOfCell.set(cellId, execCallId)
  }

  /** The session is open. Cells that it has already were started by an earlier process: what their `exec` came with is gone. */
  opened(session: OpenedSession): void {
    for (const cellId of session.cells()) this.#reopened.set(cellId, Promise.withResolvers())
    this.#opened.resolve(session)
  }

  /** Somebody waits for a cell: for one of an earlier process, its nested tools are given what this call came with. */
  waiting(cellId: string, call: CALL): void {
    this.#reopened.get(cellId)?.resolve(call)
  }

  /**
   * Whether an earlier process asked somebody about the call, and no answer came. Whether it has to be asked about is decided
   * then: what that depended on is gone.
   */
  async wasAsked({ cellId, callId }: NestedCall): Promise<boolean> {
    const session = await this.#opened.promise
    if (!this.#reopened.has(cellId)) return false
    const entry = session.ledger(cellId).find((call) => call.callId === callId)
    return entry?.state === 'not_started' && entry.endedAt === null
  }

  /** As `of`; for a cell of an earlier process, when somebody has waited for it. Throws when `signal` aborts before. */
  async whenKnown({ cellId, execCallId, signal }: NestedCall): Promise<CALL | null> {
    await this.#opened.promise
    const reopened = this.#reopened.get(cellId)
    return reopened === undefined ? this.of(execCallId) : await untilAborted(reopened.promise, signal)
  }

  cellClosed(cellId: string): void {
    this.#reopened.delete(cellId)
    const execCallId = this.#callOfCell.get(cellId)
    this.#callOfCell.delete(cellId)
    if (execCallId !== undefined) this.#calls.delete(execCallId)
  }

  /** Null for a cell that was not started by a call of `exec`. */
  of(execCallId: string | null): CALL | null {
    return execCallId === null ? null : (this.#calls.get(execCallId) ?? null)
  }
}

async function untilAborted<VALUE>(value: Promise<VALUE>, signal: AbortSignal): Promise<VALUE> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([value, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
