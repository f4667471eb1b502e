/** What each call of `exec` came with, for the nested tools of its cell, which may outlive the call. */
export class OuterCalls<CALL> {
  readonly #calls = new Map<string, CALL>()
  readonly #callOfCell = new Map<string, string>()

  begin(execCallId: string, call: CALL): void {
    this.#calls.set(execCallId, call)
  }

  /** The call was answered; `cellId` is the cell that goes on. */
  answered(execCallId: string, cellId: string | null): void {
    if (cellId === null) this.#calls.delete(execCallId)
    else this.#callOfCell.set(cellId, execCallId)
  }

  cellClosed(cellId: string): void {
    const execCallId = this.#callOfCell.get(cellId)
    this.#callOfCell.delete(cellId)
    if (execCallId !== undefined) this.#calls.delete(execCallId)
  }

  /** Null for a cell that was not started by a call of `exec`. */
  of(execCallId: string | null): CALL | null {
    return execCallId === null ? null : (this.#calls.get(execCallId) ?? null)
  }
}
