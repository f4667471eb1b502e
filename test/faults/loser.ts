import { setTimeout as sleep } from 'node:timers/promises'
import type { LossFault } from './fault-plan.ts'
import type { Run } from './run.ts'
import type { SeededRandom } from './random.ts'

/** Maximum time for a process to notice the loss of its session, or to end, in milliseconds. */
const patienceMs = 10_000
/** Number of calls of its successors, counted from when it continued, after which a loser is closed. */
const callsWatched = 6

export type LoserOptions = { readonly random: SeededRandom; readonly trouble: (text: string) => void }

/**
 * A process that has lost its session to another: it may be suspended for some time, continues, and must report the
 * loss.
 */
export class Loser {
  readonly #run: Run
  readonly #fault: LossFault
  readonly #trouble: (text: string) => void
  /** Whether it may close its session; otherwise it is killed. */
  readonly #isClosed: boolean
  #hasGoneOn = false
  #calls = 0
  #left: Promise<void> | null = null

  constructor(run: Run, fault: LossFault, { random, trouble }: LoserOptions) {
    this.#run = run
    this.#fault = fault
    this.#trouble = trouble
    this.#isClosed = random.below(2) === 0
  }

  /** Marks the session as owned by others. */
  lose(): void {
    const { agent } = this.#run
    if (this.#run.standing !== 'owner') return
    this.#run.standing = 'losing'
    agent.hold()
    // A process with a replaced storage has lost the session, whether or not a process has opened the new one.
    if (this.#mayGoOn(0)) this.#goOn()
  }

  heirOpened(): void {
    if (this.#mayGoOn(0)) this.#goOn()
  }

  heirCalled(): void {
    this.#calls++
    if (this.#mayGoOn(this.#calls)) this.#goOn()
    if (this.#hasGoneOn && this.#calls >= this.#fault.resumeAfter + callsWatched) void this.leave()
  }

  #mayGoOn(calls: number): boolean {
    const isPaused = this.#fault.target === 'paused' || this.#fault.target === 'copy'
    return !isPaused || calls >= this.#fault.resumeAfter
  }

  /** Sends nothing more until it has read all earlier messages: later messages from it are its decisions after that. */
  #goOn(): void {
    if (this.#hasGoneOn) return
    this.#hasGoneOn = true
    const { agent } = this.#run
    agent.resume()
    agent.sayNow({ type: 'ping' })
    void this.#run.first('pong').then(() => {
      this.#run.standing = 'lost'
      agent.release()
    })
  }

  /** Lets it end, once it knows that it has lost the session. */
  leave(): Promise<void> {
    this.#left ??= this.#leave()
    return this.#left
  }

  async #leave(): Promise<void> {
    this.#goOn()
    const { agent } = this.#run
    const knows = Promise.all([
      this.#run.first('pong'),
      Promise.race([this.#run.first('lost'), this.#run.first('over')]),
    ])
    if (!(await this.#comes(knows))) this.#trouble('a process did not notice that it has lost its session')
    if (!this.#isClosed || !agent.sayNow({ type: 'close' })) agent.kill()
    if (!(await this.#comes(agent.ended))) this.#trouble('a process that lost its session could not close it')
    agent.kill()
    await agent.ended
  }

  async #comes(event: Promise<unknown>): Promise<boolean> {
    const over = new AbortController()
    // waits because something that must come may not come
    const late = sleep(patienceMs, false, { signal: over.signal }).catch(() => false)
    const came = await Promise.race([event.then(() => true), late])
    over.abort()
    return came
  }
}
