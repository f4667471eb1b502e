import { callListener } from '../../session/cell/calling-back.ts'

/** A nested call as somebody who watches the cell sees it. */
export type WatchedCall = {
  readonly callId: string
  readonly tool: string
  readonly state: 'running' | 'done' | 'failed'
  /** What a tool that streams has come to so far. */
  readonly preliminary?: unknown
}

/** What has happened in a cell since its last answer. */
export type Progress = {
  readonly cellId: string
  /** The call of `exec` that started the cell; notifications belong to it. Null: it was not made through this door. */
  readonly execCallId: string | null
  readonly notifications: readonly string[]
  readonly calls: readonly WatchedCall[]
}

/** How many calls and notifications are shown while a cell runs: a program can make many thousands. */
const maxShown = 50

/** How long a wait that a notification ends stays for what may come with it, in milliseconds. */
const settleMs = 50

/** How much of the notifications between two answers is kept, in characters: no budget of the model covers them. */
const maxKept = 65_536

type Observer = {
  readonly preempt: AbortController
  readonly onProgress: (progress: Progress) => void
  readonly endsAtNotification: boolean
}

/** Keeps what a cell does between two answers, and tells whoever observes it. */
export class WatchedCell {
  readonly #cellId: string
  readonly #execCallId: string | null
  readonly #calls = new Map<string, WatchedCall>()
  #notifications: string[] = []
  #kept = 0
  #leftOut = 0
  readonly #observers = new Set<Observer>()

  constructor(cellId: string, execCallId: string | null) {
    this.#cellId = cellId
    this.#execCallId = execCallId
  }

  /**
   * From now on somebody waits for the answer, until the function that comes back is called. With `endsAtNotification` a
   * notification ends the wait.
   */
  observe(preempt: AbortController, onProgress: (progress: Progress) => void, endsAtNotification = false): () => void {
    const observer = { preempt, onProgress, endsAtNotification }
    this.#observers.add(observer)
    if (endsAtNotification && this.#notifications.length > 0) preempt.abort()
    return () => this.#observers.delete(observer)
  }

  notify(text: string): void {
    const kept = text.length <= maxKept ? text : `${text.slice(0, maxKept)}…`
    this.#notifications.push(kept)
    this.#kept += kept.length
    while (this.#kept > maxKept && this.#notifications.length > 1) this.#leaveOut()
    this.#tell()
    for (const { preempt: end, endsAtNotification } of this.#observers) {
      if (endsAtNotification) setTimeout(() => end.abort(), settleMs).unref()
    }
  }

  callChanged(call: WatchedCall): void {
    this.#calls.set(call.callId, call)
    for (const callId of this.#calls.keys()) {
      if (this.#calls.size <= maxShown) break
      this.#calls.delete(callId)
    }
    this.#tell()
  }

  /** What goes along with the answer; it is not handed out again. */
  take(): Progress {
    const remark = this.#leftOut === 0 ? [] : [`[${this.#leftOut} earlier notifications left out]`]
    const progress = { ...this.#progress(), notifications: [...remark, ...this.#notifications] }
    this.#notifications = []
    this.#kept = 0
    this.#leftOut = 0
    for (const { callId, state } of progress.calls) if (state !== 'running') this.#calls.delete(callId)
    return progress
  }

  #leaveOut(): void {
    this.#kept -= this.#notifications.shift()?.length ?? 0
    this.#leftOut++
  }

  #tell(): void {
    for (const { onProgress } of this.#observers) callListener('onProgress', () => onProgress(this.#progress()))
  }

  #progress(): Progress {
    return {
      cellId: this.#cellId,
      execCallId: this.#execCallId,
      notifications: this.#notifications.slice(-maxShown),
      calls: [...this.#calls.values()],
    }
  }
}
