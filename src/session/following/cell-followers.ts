import { CodecellError } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import { missingOutcome, outcomeOfEnd, type Ending, type FinalOutcome } from '../output/cell-outcomes.ts'
import type { CellOutput } from '../output/cell-output.ts'
import { keepingAlive } from '../common/timing.ts'
import type { CellWaits } from './cell-waits.ts'
import type { CallEvent } from './call-events.ts'
import type { FollowEvent } from '../api/follow-event.ts'
import { Follower, type OutputSource } from './follower.ts'

/** The options of one follow. */
export type Following = { readonly takesOutput: boolean; readonly signal: AbortSignal | null }

/** The state of a cell at the start of a follow. */
export type FollowStart =
  | { readonly type: 'gone' }
  /** The program has ended, and its result is not delivered yet. */
  | { readonly type: 'finished'; readonly ending: Ending }
  | {
      readonly type: 'open'
      /** Calls in progress. */
      readonly calls: readonly CallEvent[]
      readonly waits: CellWaits
      readonly waitsForDecision: boolean
    }

/** The cell to follow. */
export type FollowedCell = OutputSource & {
  readonly cellId: string
  readonly output: CellOutput
  /** Maximum unread events of a follower that does not take the output, in bytes. */
  readonly maxBytes: number
  /** Withholds commands from the program while `isHeld` is true. */
  readonly hold: (isHeld: boolean) => void
}

/** The followers of one cell. The cell receives no commands while a follower has too many unread events (backpressure). */
export class CellFollowers {
  readonly #cell: FollowedCell
  #followers: readonly Follower[] = []
  #isHeld = false

  constructor(cell: FollowedCell) {
    this.#cell = cell
  }

  /** Whether a follower takes the output. */
  get takesOutput(): boolean {
    return this.#followers.some(({ takesOutput }) => takesOutput)
  }

  /** Yields the events of the cell to its end. `getStart` throws when the cell cannot be followed. */
  async *follow(
    { takesOutput, signal }: Following,
    getStart: () => FollowStart,
  ): AsyncGenerator<FollowEvent, void, undefined> {
    signal?.throwIfAborted()
    const start = getStart()
    if (start.type === 'gone') {
      yield { type: 'ended', outcome: missingOutcome(this.#cell.cellId, performance.now()) }
      return
    }
    const follower = this.#add(takesOutput ? this.#cell : null)
    const onAbort = (): void => follower.fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#addStart(follower, start)
      for (;;) {
        const event = await keepingAlive(follower.next())
        yield event
        if (event.type === 'ended') return
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#remove(follower)
    }
  }

  #add(source: OutputSource | null): Follower {
    const follower = new Follower(source, this.#cell.maxBytes, () => this.#updateHold())
    this.#followers = [...this.#followers, follower]
    this.#cell.output.onAdded = (item) => this.#onItem(item)
    return follower
  }

  #remove(follower: Follower): void {
    follower.leave()
    this.#followers = this.#followers.filter((other) => other !== follower)
    if (this.#followers.length === 0) this.#cell.output.onAdded = null
    this.#updateHold()
  }

  /** Adds the events that describe the state of the cell at the start of a follow. */
  #addStart(follower: Follower, start: Exclude<FollowStart, { readonly type: 'gone' }>): void {
    const { output } = this.#cell
    if (follower.takesOutput) follower.onUnread(output.count, output.bytes)
    if (start.type === 'finished') return follower.onFinished(this.#outcomeOf(start.ending))
    const { calls, waits, waitsForDecision } = start
    for (const event of calls) follower.onCall(event)
    const { isStalled, hostTrouble, deferredCalls } = waits
    const isWaiting = isStalled || waitsForDecision || hostTrouble !== null || deferredCalls.length > 0
    if (isWaiting) follower.onYielded(waits)
  }

  #updateHold(): void {
    for (const follower of this.#followers) if (follower.heldBytes > this.#cell.maxBytes) this.#failOverflowed(follower)
    if (this.#isHeld && this.#followers.every(({ hasRoom }) => hasRoom)) this.#setHeld(false)
    else if (!this.#isHeld && this.#followers.some(({ isFull }) => isFull)) this.#setHeld(true)
  }

  /** Fails a follower that is too far behind. A program that runs without waiting for commands cannot be held. */
  #failOverflowed(follower: Follower): void {
    const { cellId, maxBytes } = this.#cell
    const message = `Cannot continue to follow cell ${cellId}: expected at most ${maxBytes} unread bytes (maxUnreadOutputBytesPerCell), got ${follower.heldBytes}`
    const details = { limit: 'maxUnreadOutputBytesPerCell', max: maxBytes, observed: follower.heldBytes }
    follower.fail(new CodecellError('LIMIT_EXCEEDED', message, { details }))
  }

  #setHeld(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#cell.hold(isHeld)
  }

  #onItem(item: ContentItem): void {
    for (const follower of this.#followers) follower.onItem(item)
  }

  /**
   * Returns a promise that resolves when the follower that takes the output has read the notification; null without such a
   * follower.
   */
  onNotification(text: string): Promise<void> | null {
    let delivered: Promise<void> | null = null
    for (const follower of this.#followers) {
      const { promise, resolve } = Promise.withResolvers<void>()
      follower.onNotification(text, resolve)
      if (follower.takesOutput) delivered = promise
    }
    return delivered
  }

  onCall(event: () => CallEvent): void {
    for (const follower of this.#followers) follower.onCall(event())
  }

  onYielded(waits: CellWaits): void {
    for (const follower of this.#followers) follower.onYielded(waits)
  }

  /** Called when the program has ended and its result can be taken. */
  onFinished(ending: Ending): void {
    for (const follower of this.#followers) follower.onFinished(this.#outcomeOf(ending))
  }

  /** Returns the outcome for followers that do not take the output. */
  #outcomeOf(ending: Ending): FinalOutcome {
    return outcomeOfEnd(ending, { cellId: this.#cell.cellId, items: [], durationMs: 0 })
  }

  /** Called when the result was delivered. */
  onEnded(outcome: FinalOutcome): void {
    for (const follower of this.#followers) follower.onEnded(outcome)
  }

  fail(error: unknown): void {
    for (const follower of this.#followers) follower.fail(error)
  }
}
