import type { ContentItem } from '../../protocol/content-item.ts'
import { bytesOf } from '../cell/output-buffer.ts'
import type { FinalOutcome } from '../cell/cell-outcomes.ts'
import type { CallEvent } from './call-events.ts'
import type { FollowEvent } from '../api/follow-event.ts'

/** The unread output of a cell, which a follower takes when it is due. */
export type OutputSource = {
  /** Takes the first unread items. Throws `STORAGE_FAILED`. */
  readonly take: (count: number) => readonly ContentItem[]
  /** Takes the result of a program that is over, with its unread output. Throws `STORAGE_FAILED`. */
  readonly claim: () => FinalOutcome
}

type Entry =
  /** Of one that only watches. */
  | { readonly type: 'seen'; readonly items: ContentItem[]; bytes: number }
  /** Items that wait in the cell's output. */
  | { readonly type: 'untaken'; count: number; bytes: number }
  | { readonly type: 'notification'; readonly text: string; readonly bytes: number; readonly told: () => void }
  | { readonly type: 'event'; readonly event: FollowEvent; readonly bytes: number }
  /** The program is over, and its result can be taken. */
  | { readonly type: 'result'; readonly bytes: 0 }

/** From so much on that a follower has not been given yet, in bytes and in events, the cell should not make more. */
const fullBytes = 2 ** 20
const fullEntries = 1000

/** The size of an item in addition to its content, in bytes. */
const itemBytes = 16

/** One who follows a cell: what happened and was not asked for yet, in order. */
export class Follower {
  /** Null for one that only watches. */
  readonly #source: OutputSource | null
  readonly #changed: () => void
  readonly #fullBytes: number
  #entries: Entry[] = []
  #bytes = 0
  /** The last event is there. */
  #isOver = false
  #failure: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  /** `maxBytes`: what the output of the cell may take; `changed` is called when there is more or less to be given. */
  constructor(source: OutputSource | null, maxBytes: number, changed: () => void) {
    this.#source = source
    this.#fullBytes = Math.min(fullBytes, maxBytes / 2)
    this.#changed = changed
  }

  get takesOutput(): boolean {
    return this.#source !== null
  }

  /** How much waits for one that only watches, in bytes: what waits for others is limited with the cell's output. */
  get heldBytes(): number {
    return this.takesOutput ? 0 : this.#bytes
  }

  /** Whether so much waits that the cell should not make more. */
  get isFull(): boolean {
    return this.#bytes >= this.#fullBytes || this.#entries.length >= fullEntries
  }

  /** Whether the queue is short enough for the cell to resume. */
  get hasRoom(): boolean {
    return this.#bytes <= this.#fullBytes / 2 && this.#entries.length <= fullEntries / 2
  }

  onItem(item: ContentItem): void {
    const bytes = bytesOf(item) + itemBytes
    const last = this.#entries.at(-1)
    if (last?.type === 'seen') last.items.push(item)
    else if (last?.type === 'untaken') last.count++
    else
      return this.#add(this.takesOutput ? { type: 'untaken', count: 1, bytes } : { type: 'seen', items: [item], bytes })
    last.bytes += bytes
    this.#bytes += bytes
    this.#changed()
  }

  /** Output that was there before it came. */
  onUnread(count: number, bytes: number): void {
    if (count > 0) this.#add({ type: 'untaken', count, bytes })
  }

  /** `told` is called when it has been given the notification, or never will be. */
  onNotification(text: string, told: () => void): void {
    this.#add({ type: 'notification', text, bytes: text.length, told })
  }

  onCall(event: CallEvent): void {
    const { type, callId, tool } = event
    const text = type === 'call_started' ? event.input : (event.errorText ?? '')
    this.#add({ type: 'event', event, bytes: callId.length + tool.length + text.length })
  }

  /** Said once until it is heard. */
  onYielded(stalled: boolean, waitsForHost: string | null): void {
    const last = this.#entries.at(-1)
    if (last?.type === 'event' && last.event.type === 'yielded') this.#entries.pop()
    this.#add({ type: 'event', event: { type: 'yielded', stalled, waitsForHost }, bytes: 0 })
  }

  /** The program is over. A follower that takes output takes the result when it is due. */
  onFinished(outcome: FinalOutcome): void {
    if (this.takesOutput) this.#add({ type: 'result', bytes: 0 })
    else this.onEnded(outcome)
  }

  /** The last response went to another caller. */
  onEnded(outcome: FinalOutcome): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const entry of this.#entries) if (isLeft(entry)) this.#bytes -= entry.bytes
    this.#entries = this.#entries.filter((entry) => !isLeft(entry))
    this.#add({ type: 'event', event: { type: 'ended', outcome: { ...outcome, items: [] } }, bytes: 0 })
  }

  /** Drops the queue and rejects the next read. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.leave()
    this.#wake?.()
  }

  /** Drops the queue: the follow has ended. */
  leave(): void {
    for (const entry of this.#entries) if (entry.type === 'notification') entry.told()
    this.#entries = []
    this.#bytes = 0
  }

  /** The next event, once there is one. Rejects with what ended the cell in this process. */
  async next(): Promise<FollowEvent> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error
      while (this.#entries.length > 0) {
        const event = this.#take()
        if (event !== null) return event
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
      this.#wake = null
    }
  }

  /** Null: there is nothing to tell of the first entry. */
  #take(): FollowEvent | null {
    const [first, second] = this.#entries
    if (first === undefined) return null
    const event = this.#eventOf(first, second)
    // With the result, what was left has gone as well.
    if (this.#entries[0] === first) {
      this.#entries.shift()
      this.#bytes -= first.bytes
    }
    this.#changed()
    return event
  }

  #eventOf(entry: Entry, next: Entry | undefined): FollowEvent | null {
    switch (entry.type) {
      case 'seen':
        return { type: 'output', items: entry.items }
      case 'untaken':
        // The last output and the result are one answer.
        if (next?.type === 'result') return this.#result()
        return outputOf(this.#source?.take(entry.count) ?? [])
      case 'notification':
        entry.told()
        return { type: 'notification', text: entry.text }
      case 'event':
        return entry.event
      case 'result':
        return this.#result()
      default:
        return entry satisfies never
    }
  }

  /** The cell tells of its end by `ended`. */
  #result(): FollowEvent | null {
    return outputOf(this.#source?.claim().items ?? [])
  }

  #add(entry: Entry): void {
    if (this.#failure !== null) {
      if (entry.type === 'notification') entry.told()
      return
    }
    this.#entries.push(entry)
    this.#bytes += entry.bytes
    this.#wake?.()
    this.#changed()
  }
}

/** Whether it stays with the cell until it is asked for. */
function isLeft({ type }: Entry): boolean {
  return type === 'untaken' || type === 'result'
}

/** Null for no output. */
function outputOf(items: readonly ContentItem[]): FollowEvent | null {
  return items.length === 0 ? null : { type: 'output', items }
}
