import { unref } from '../../platform/turns.ts'
import { callListener } from '../../session/common/call-listener.ts'

/** A nested call as a watcher of its cell sees it. */
export type ObservedCall = {
  readonly callId: string
  readonly tool: string
  readonly state: 'running' | 'done' | 'failed'
  /** The latest preliminary result of a tool that streams. */
  readonly preliminary?: unknown
}

/** The reports of a cell since its last response. */
export type Progress = {
  readonly cellId: string
  /** The call of `exec` that started the cell; notifications belong to it. Null when an earlier process made that call. */
  readonly execCallId: string | null
  readonly notifications: readonly string[]
  readonly calls: readonly ObservedCall[]
}

/** Calls and notifications in one progress report. A program can make many thousands of each. */
const maxReported = 50

/** Time that a `wait` continues after the notification that ends it, in milliseconds. More can follow at once. */
const settleMs = 50

/** Pending notifications per cell in characters. No output budget of the model covers them. */
const maxPendingChars = 65_536

type Observer = {
  readonly onProgress: (progress: Progress) => void
  /** Aborted by a notification; null when notifications do not end the observation. */
  readonly preempt: AbortController | null
}

export type ProgressInit = {
  readonly cellId: string
  readonly execCallId: string | null
  /** Maximum number of pending notifications. */
  readonly maxNotifications: number
}

/** Collects what a cell reports between two responses, and notifies its observers. */
export class CellProgress {
  readonly cellId: string
  readonly #execCallId: string | null
  readonly #maxNotifications: number
  readonly #calls = new Map<string, ObservedCall>()
  #notifications: string[] = []
  #pendingChars = 0
  #omitted = 0
  readonly #observers = new Set<Observer>()

  /** Records a notification until a response has it; null: a response has all of them. */
  readonly #record: (text: string | null) => void

  constructor(
    { cellId, execCallId, maxNotifications }: ProgressInit,
    record: (text: string | null) => void = () => undefined,
  ) {
    this.#record = record
    this.cellId = cellId
    this.#execCallId = execCallId
    this.#maxNotifications = maxNotifications
  }

  /** Adds an observer until the returned function is called. A pending notification preempts it at once. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer)
    if (this.#notifications.length > 0) observer.preempt?.abort()
    return () => this.#observers.delete(observer)
  }

  notify(text: string): void {
    const bounded = text.length <= maxPendingChars ? text : `${text.slice(0, maxPendingChars)}…`
    this.#record(bounded)
    this.#notifications.push(bounded)
    this.#addChars(bounded.length)
    this.#report()
    for (const { preempt } of this.#observers) {
      if (preempt !== null) unref(setTimeout(() => preempt.abort(), settleMs))
    }
  }

  /** Adds the notifications of an earlier process, and records those of this one. */
  restore(texts: readonly string[]): void {
    for (const text of this.#notifications) this.#record(text)
    this.#notifications.unshift(...texts)
    this.#addChars(texts.reduce((sum, { length }) => sum + length, 0))
  }

  #addChars(count: number): void {
    this.#pendingChars += count
    while (this.#exceedsBounds()) this.#omitOldest()
  }

  callChanged(call: ObservedCall): void {
    this.#calls.set(call.callId, call)
    for (const callId of this.#calls.keys()) {
      if (this.#calls.size <= maxReported) break
      this.#calls.delete(callId)
    }
    this.#report()
  }

  /** Returns what belongs to the next response, and forgets it. */
  take(): Progress {
    const remark = this.#omitted === 0 ? [] : [`[${this.#omitted} earlier notifications omitted]`]
    const progress = { ...this.#progress(), notifications: [...remark, ...this.#notifications] }
    if (progress.notifications.length > 0) this.#record(null)
    this.#notifications = []
    this.#pendingChars = 0
    this.#omitted = 0
    for (const { callId, state } of progress.calls) if (state !== 'running') this.#calls.delete(callId)
    return progress
  }

  #exceedsBounds(): boolean {
    const { length } = this.#notifications
    return length > this.#maxNotifications || (this.#pendingChars > maxPendingChars && length > 1)
  }

  #omitOldest(): void {
    this.#pendingChars -= this.#notifications.shift()?.length ?? 0
    this.#omitted++
  }

  #report(): void {
    for (const { onProgress } of this.#observers) callListener('onProgress', () => onProgress(this.#progress()))
  }

  #progress(): Progress {
    return {
      cellId: this.cellId,
      execCallId: this.#execCallId,
      notifications: this.#notifications.slice(-maxReported),
      calls: [...this.#calls.values()],
    }
  }
}
