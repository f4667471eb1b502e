import { setTimeout as sleep } from 'node:timers/promises'
import type { LossFault } from './fault-plan.ts'
import type { Run } from './run.ts'
import type { SeededRandom } from './random.ts'

/** How long a process may take to notice that its session is lost, or to end, in milliseconds. */
const patienceMs = 10_000
/** After how many calls of its heirs, from when it went on, a loser is sent away. */
const callsWatched = 6

export type LoserOptions = { readonly random: SeededRandom; readonly trouble: (text: string) => void }

/** A process whose session another one has: it may stand still for some time, goes on, and has to say that it lost the session. */
export class Loser {
  readonly #run: Run
  readonly #fault: LossFault
  readonly #trouble: (text: string) => void
  /** Whether it may close its session; else it is killed. */
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

  /** From here on the session belongs to others. */
  lose(): void {
    const { agent } = this.#run
    if (this.#run.standing !== 'owner') return
    this.#run.standing = 'losing'
    agent.hold()
    // A process whose folder was replaced has lost it, whether or not somebody has opened the new one.
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

  /** It is told nothing more until it has read all that it was told before: what it sends then it has decided on afterwards. */
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
