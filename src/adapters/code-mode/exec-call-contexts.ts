import { untilAborted } from '../../session/common/until-aborted.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ToolCallContext } from '../../tools/tool.ts'

type NestedCall = Pick<ToolCallContext, 'cellId' | 'callId' | 'execCallId' | 'signal'>

type OpenedSession = Pick<Session, 'cells' | 'ledger'>

/**
 * The SDK's context of each call of `exec`, e.g. its messages or its run. Nested tools of the cell receive it, and the cell
 * can outlive the call.
 */
export class ExecCallContexts<Context> {
  readonly #contexts = new Map<string, Context>()
  readonly #execCallOfCell = new Map<string, string>()
  readonly #reopened = new Map<string, PromiseWithResolvers<Context>>()
  readonly #opened = Promise.withResolvers<OpenedSession>()

  add(execCallId: string, context: Context): void {
    this.#contexts.set(execCallId, context)
  }

  /** Keeps the context of a call that has its response while its cell is running; `cellId` is null when it has ended. */
  onResponse(execCallId: string, cellId: string | null): void {
    if (cellId === null) this.#contexts.delete(execCallId)
    else this.#execCallOfCell.set(cellId, execCallId)
  }

  /** An earlier process started the cells that the session already has: the contexts of their `exec` calls are lost. */
  onSessionOpen(session: OpenedSession): void {
    for (const cellId of session.cells()) this.#reopened.set(cellId, Promise.withResolvers())
    this.#opened.resolve(session)
  }

  /** The nested tools of a cell of an earlier process receive the context of the first `wait` for it. */
  onWait(cellId: string, context: Context): void {
    this.#reopened.get(cellId)?.resolve(context)
  }

  onCellClosed(cellId: string): void {
    this.#reopened.delete(cellId)
    const execCallId = this.#execCallOfCell.get(cellId)
    this.#execCallOfCell.delete(cellId)
    if (execCallId !== undefined) this.#contexts.delete(execCallId)
  }

  /**
   * Returns whether an earlier process requested an approval of the call and received no decision. Then it is requested
   * again: the inputs of the first verdict are lost.
   */
  async wasAsked({ cellId, callId }: NestedCall): Promise<boolean> {
    const session = await this.#opened.promise
    if (!this.#reopened.has(cellId)) return false
    const entry = session.ledger(cellId).find((call) => call.callId === callId)
    return entry?.state === 'not_started' && entry.endedAt === null
  }

  /** Returns the context of a nested call. For a cell of an earlier process, waits for `onWait` or for the abort. */
  async whenKnown({ cellId, execCallId, signal }: NestedCall): Promise<Context | null> {
    await this.#opened.promise
    const reopened = this.#reopened.get(cellId)
    return reopened === undefined ? this.of(execCallId) : await untilAborted(reopened.promise, signal)
  }

  /** Returns null for a cell that no call of `exec` started. */
  of(execCallId: string | null): Context | null {
    return execCallId === null ? null : (this.#contexts.get(execCallId) ?? null)
  }
}
