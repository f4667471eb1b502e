import { CodecellError } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import { missingOutcome, outcomeOfEnd, type Ending, type FinalOutcome } from '../cell/cell-outcomes.ts'
import type { CellOutput } from '../cell/cell-output.ts'
import { keepingAlive } from '../timing.ts'
import type { CallEvent } from './call-events.ts'
import type { FollowEvent } from '../api/follow-event.ts'
import { Follower, type OutputSource } from './follower.ts'

export type Following = { readonly takesOutput: boolean; readonly signal: AbortSignal | null }

/** The state of a cell at the start of a follow. */
export type FollowStart =
  | { readonly type: 'gone' }
  /** The program is over, and its result can be taken. */
  | { readonly type: 'finished'; readonly ending: Ending }
  | {
      readonly type: 'open'
      /** Those that are not answered. */
      readonly calls: readonly CallEvent[]
      readonly isStalled: boolean
      readonly waitsForHost: string | null
      readonly waitsForDecision: boolean
    }

/** The cell that is followed. */
export type FollowedCell = OutputSource & {
  readonly cellId: string
  readonly output: CellOutput
  /** How much may wait for a follower that does not take the output, in bytes. */
  readonly maxBytes: number
  /** Withholds commands from the program, or lets it have them. */
  readonly hold: (isHeld: boolean) => void
}

/** Those who follow one cell. While one of them has not asked for much that happened, the cell stands still. */
export class CellFollowers {
  readonly #cell: FollowedCell
  #followers: readonly Follower[] = []
  #isHeld = false

  constructor(cell: FollowedCell) {
    this.#cell = cell
  }

  /** Whether one takes the output. */
  get takesOutput(): boolean {
    return this.#followers.some(({ takesOutput }) => takesOutput)
  }

  /** What happens from now to the end. `standing` throws when the cell cannot be followed. */
  async *follow(
    { takesOutput, signal }: Following,
    standing: () => FollowStart,
  ): AsyncGenerator<FollowEvent, void, undefined> {
    signal?.throwIfAborted()
    const found = standing()
    if (found.type === 'gone') {
      yield { type: 'ended', outcome: missingOutcome(this.#cell.cellId, performance.now()) }
      return
    }
    const follower = this.#add(takesOutput ? this.#cell : null)
    const leave = (): void => follower.fail(signal?.reason)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      this.#inform(follower, found)
      for (;;) {
        const event = await keepingAlive(follower.next())
        yield event
        if (event.type === 'ended') return
      }
    } finally {
      signal?.removeEventListener('abort', leave)
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

  /** Tells one who comes later what is there already. */
  #inform(follower: Follower, standing: Exclude<FollowStart, { readonly type: 'gone' }>): void {
    const { output } = this.#cell
    if (follower.takesOutput) follower.onUnread(output.count, output.bytes)
    if (standing.type === 'finished') return follower.onFinished(this.#untaken(standing.ending))
    const { calls, isStalled, waitsForHost, waitsForDecision } = standing
    for (const event of calls) follower.onCall(event)
    if (isStalled || waitsForDecision || waitsForHost !== null) follower.onYielded(isStalled, waitsForHost)
  }

  #updateHold(): void {
    for (const follower of this.#followers) if (follower.heldBytes > this.#cell.maxBytes) this.#giveUp(follower)
    if (this.#isHeld && this.#followers.every(({ hasRoom }) => hasRoom)) this.#setHeld(false)
    else if (!this.#isHeld && this.#followers.some(({ isFull }) => isFull)) this.#setHeld(true)
  }

  /** A program that does not wait for anything cannot be held, and its output is taken by others. */
  #giveUp(follower: Follower): void {
    const { cellId, maxBytes } = this.#cell
    const text = `Cannot continue to follow cell ${cellId}: more than ${maxBytes} bytes are unread (maxUnreadOutputBytesPerCell)`
    const details = { limit: 'maxUnreadOutputBytesPerCell', max: maxBytes, observed: follower.heldBytes }
    follower.fail(new CodecellError('LIMIT_EXCEEDED', text, { details }))
  }

  #setHeld(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#cell.hold(isHeld)
  }

  #onItem(item: ContentItem): void {
    for (const follower of this.#followers) follower.onItem(item)
  }

  /** Resolves when the follower that takes the output has the notification; null without such a follower. */
  onNotification(text: string): Promise<void> | null {
    let given: Promise<void> | null = null
    for (const follower of this.#followers) {
      const { promise, resolve } = Promise.withResolvers<void>()
      follower.onNotification(text, resolve)
      if (follower.takesOutput) given = promise
    }
    return given
  }

  onCall(event: () => CallEvent): void {
    for (const follower of this.#followers) follower.onCall(event())
  }

  onYielded(isStalled: boolean, waitsForHost: string | null): void {
    for (const follower of this.#followers) follower.onYielded(isStalled, waitsForHost)
  }

  /** Informs the followers that the program is over and its result can be taken. */
  onFinished(ending: Ending): void {
    for (const follower of this.#followers) follower.onFinished(this.#untaken(ending))
  }

  /** Returns the end for followers that do not take the output. */
  #untaken(ending: Ending): FinalOutcome {
    return outcomeOfEnd(ending, { cellId: this.#cell.cellId, items: [], durationMs: 0 })
  }

  /** The result was taken. */
  onEnded(outcome: FinalOutcome): void {
    for (const follower of this.#followers) follower.onEnded(outcome)
  }

  fail(error: unknown): void {
    for (const follower of this.#followers) follower.fail(error)
  }
}
