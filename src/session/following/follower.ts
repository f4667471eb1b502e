import type { Barrier } from '../../storage/session-store.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import { bytesOf } from '../output/output-buffer.ts'
import type { FinalOutcome } from '../output/cell-outcomes.ts'
import type { CallEvent } from './call-events.ts'
import { deferredCallsOf } from '../api/deferred-call.ts'
import type { CellWaits } from './cell-waits.ts'
import type { FollowEvent } from '../api/follow-event.ts'

/** The unread output of a cell, which a follower takes when its turn in the queue comes. */
export type OutputSource = {
  /** Takes the first unread items. Throws `STORAGE_FAILED`. */
  readonly take: (count: number) => TakenOutput
  /** Takes the result of an ended program, with its unread output. Throws `STORAGE_FAILED`. */
  readonly claim: () => TakenOutput
  /** Returns the barrier before the delivery of a notification. */
  readonly barrier: () => Barrier
}

/** Output that was taken. `delivered` is the barrier before its delivery. */
export type TakenOutput = { readonly items: readonly ContentItem[]; readonly delivered: Barrier }

/** An event that was taken from the queue. `onSettled` is called when it is delivered or cannot be. */
type TakenEvent = {
  readonly event: FollowEvent | null
  readonly barrier: Barrier
  readonly onSettled?: () => void
}

type Entry =
  /** Output of a follower that only watches. */
  | { readonly type: 'seen'; readonly items: ContentItem[]; bytes: number }
  /** Items that are still in the output of the cell. */
  | { readonly type: 'untaken'; count: number; bytes: number }
  | { readonly type: 'notification'; readonly text: string; readonly bytes: number; readonly onSettled: () => void }
  | { readonly type: 'event'; readonly event: FollowEvent; readonly bytes: number }
  /** The result, which is still in the cell. */
  | { readonly type: 'result'; readonly bytes: 0 }

/** Queue length from which the cell should stop emitting events: in bytes, and in entries. */
const maxQueuedBytes = 2 ** 20
const maxQueuedEntries = 1000

/** Overhead of an item in addition to its content, in bytes. */
const itemBytes = 16

/** A follower of a cell: a queue of unread events. */
export class Follower {
  /** Null for a follower that only watches. */
  readonly #source: OutputSource | null
  readonly #onChange: () => void
  readonly #fullBytes: number
  #entries: Entry[] = []
  #bytes = 0
  /** Whether the last event is in the queue. */
  #hasEnded = false
  #failure: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  /**
   * @param maxBytes the maximum size of the unread output of the cell
   * @param onChange is called when the queue changes
   */
  constructor(source: OutputSource | null, maxBytes: number, onChange: () => void) {
    this.#source = source
    this.#fullBytes = Math.min(maxQueuedBytes, maxBytes / 2)
    this.#onChange = onChange
  }

  get takesOutput(): boolean {
    return this.#source !== null
  }

  /** Size of the queue of a follower that only watches, in bytes. For other followers, the limit on unread output applies. */
  get heldBytes(): number {
    return this.takesOutput ? 0 : this.#bytes
  }

  /** Whether the queue is so long that the cell should stop emitting events. */
  get isFull(): boolean {
    return this.#bytes >= this.#fullBytes || this.#entries.length >= maxQueuedEntries
  }

  /** Whether the queue is short enough for the cell to resume. */
  get hasRoom(): boolean {
    return this.#bytes <= this.#fullBytes / 2 && this.#entries.length <= maxQueuedEntries / 2
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
    this.#onChange()
  }

  /** Called at the start, with the unread output of the cell. */
  onUnread(count: number, bytes: number): void {
    if (count > 0) this.#add({ type: 'untaken', count, bytes })
  }

  /** Adds a notification. `onSettled` is called when it has been read or dropped. */
  onNotification(text: string, onSettled: () => void): void {
    this.#add({ type: 'notification', text, bytes: text.length, onSettled })
  }

  onCall(event: CallEvent): void {
    const { type, callId, tool } = event
    const text = type === 'call_started' ? event.input : ((type === 'call_ended' ? event.errorText : event.note) ?? '')
    this.#add({ type: 'event', event, bytes: callId.length + tool.length + text.length })
  }

  /** Adds a `yielded` event. It replaces one at the end of the queue. */
  onYielded({ isStalled: stalled, hostTrouble: waitsForHost, deferredCalls }: CellWaits): void {
    const last = this.#entries.at(-1)
    if (last?.type === 'event' && last.event.type === 'yielded') this.#entries.pop()
    this.#add({
      type: 'event',
      event: { type: 'yielded', stalled, waitsForHost, ...deferredCallsOf(deferredCalls) },
      bytes: 0,
    })
  }

  /** Called when the program has ended. A follower that takes output takes the result later, in order. */
  onFinished(outcome: FinalOutcome): void {
    if (this.takesOutput) this.#add({ type: 'result', bytes: 0 })
    else this.onEnded(outcome)
  }

  /** Called when the last response was delivered. Output that was not taken went with it. */
  onEnded(outcome: FinalOutcome): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const entry of this.#entries) if (isUntaken(entry)) this.#bytes -= entry.bytes
    this.#entries = this.#entries.filter((entry) => !isUntaken(entry))
    this.#add({ type: 'event', event: { type: 'ended', outcome: { ...outcome, items: [] } }, bytes: 0 })
  }

  /** Drops the queue and rejects the next read. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.leave()
    this.#wake?.()
  }

  /** Drops the queue, because the follow has ended. */
  leave(): void {
    for (const entry of this.#entries) if (entry.type === 'notification') entry.onSettled()
    this.#entries = []
    this.#bytes = 0
  }

  /** Resolves with the next event. Rejects with the error of `fail`. */
  async next(): Promise<FollowEvent> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error
      while (this.#entries.length > 0) {
        const taken = this.#take()
        if (taken.barrier !== null) await deliveryOf(taken, taken.barrier)
        else taken.onSettled?.()
        if (taken.event !== null) return taken.event
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
      this.#wake = null
    }
  }

  /** Removes the first entry and returns its event. */
  #take(): TakenEvent {
    const [first, second] = this.#entries
    if (first === undefined) return { event: null, barrier: null }
    const event = this.#eventOf(first, second)
    // Taking the result already removed the remaining entries.
    if (this.#entries[0] === first) {
      this.#entries.shift()
      this.#bytes -= first.bytes
    }
    this.#onChange()
    return event
  }

  #eventOf(entry: Entry, next: Entry | undefined): TakenEvent {
    switch (entry.type) {
      case 'seen':
        return { event: { type: 'output', items: entry.items }, barrier: null }
      case 'untaken':
        // The result includes the last output.
        if (next?.type === 'result') return this.#takeResult()
        return outputOf(this.#source?.take(entry.count))
      case 'notification': {
        const { text, onSettled } = entry
        return { event: { type: 'notification', text }, barrier: this.#source?.barrier() ?? null, onSettled }
      }
      case 'event':
        return { event: entry.event, barrier: null }
      case 'result':
        return this.#takeResult()
      default:
        return entry satisfies never
    }
  }

  /** Takes the result and returns its output. The cell then calls `onEnded`. */
  #takeResult(): TakenEvent {
    return outputOf(this.#source?.claim())
  }

  #add(entry: Entry): void {
    if (this.#failure !== null) {
      if (entry.type === 'notification') entry.onSettled()
      return
    }
    this.#entries.push(entry)
    this.#bytes += entry.bytes
    this.#wake?.()
    this.#onChange()
  }
}

async function deliveryOf({ onSettled }: TakenEvent, barrier: Promise<void>): Promise<void> {
  try {
    await barrier
  } finally {
    onSettled?.()
  }
}

/** Returns whether the content of an entry is still in the cell. */
function isUntaken({ type }: Entry): boolean {
  return type === 'untaken' || type === 'result'
}

/** Returns an `output` event, or no event for no items. */
function outputOf({ items, delivered }: TakenOutput = { items: [], delivered: null }): TakenEvent {
  return { event: items.length === 0 ? null : { type: 'output', items }, barrier: delivered }
}
