import { hasCode, messageOf } from '../../errors.ts'
import { EventTrail } from './replay-check.ts'
import type { Journal } from '../../storage/journal.ts'
import type { JournaledCommand } from '../../protocol/command.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { FromHost, HostCell } from '../../protocol/message.ts'
import type { HostRemarks } from '../../protocol/remark.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import type { EventFeed } from '../event-feed.ts'
import { divergedText } from './cell-outcomes.ts'
import { EvictionClock } from './eviction.ts'
import type { PlaceSeeker } from '../hosts/host-group.ts'
import type { Host } from '../hosts/host.ts'
import type { HostedCell, HostLoss } from '../hosts/hosted-cell.ts'
import type { LocalHostPool } from '../hosts/host-pool.ts'
import { ReplayFeed } from './replay-feed.ts'
import type { HostedCatalogue } from '../hosts/hosted-catalogue.ts'

/** What a running cell tells the session's side of it. */
export interface RuntimeListener {
  event(event: CellEvent): void
  /** The cell has handled so many commands, its start included. */
  handled(count: number): void
  /** Before the event that ends the cell: what its host knows of its work. */
  remarked(remarks: HostRemarks): void
  /** All commands so far have been handled: only a new one can make the cell move again. */
  idle(): void
  /** It has to wait for a host, because none can be started for this reason; null: it does not wait any more. */
  waitsForHost(reason: string | null): void
}

export type RuntimePlace = {
  readonly pool: LocalHostPool
  /** The session, when it does not share hosts with others. */
  readonly owner: object | null
  /** The session, when it shares a pool; null: it has one of its own. */
  readonly session: object | null
  readonly catalogue: HostedCatalogue
  /** The number of the cell in its session. */
  readonly ownOutput: number
  /** Returns the retained output of a cell, null when there is none. */
  readonly retainedOutput: (cell: number) => string | null
  readonly feed: EventFeed | null
  /** How long the cell waits before it gives its isolate back, in milliseconds. */
  readonly evictAfterMs: number
}

type Phase =
  | { readonly type: 'placing' }
  | { readonly type: 'running'; readonly host: Host; readonly cell: HostCell; readonly clock: EvictionClock }
  /** The process will end: commands go on the journal, and nothing runs. */
  | { readonly type: 'suspended' }
  /** It waits without an isolate; a command brings it back. */
  | { readonly type: 'evicted' }
  | { readonly type: 'over' }

/** How long a host has for a termination before it is killed, in milliseconds. */
const obeyMs = 300

/**
 * How often a cell may be running on a host that breaks down, or is killed from outside, without getting on in between,
 * before it is blamed.
 */
const maxStrikes = { crashed: 2, killed: 3 }

/** How often a run may be given the same retained output: it remembers it, unless its stack was full at that moment. */
const maxOutputWishes = 8

/**
 * A cell's runtime as the session sees it: always there. It runs on some host; when that host dies it is revived on
 * another by replaying its journal, and what it emitted before is passed over. So it is when it has waited for long and its
 * isolate was given back.
 */
export class CellRuntime implements HostedCell, PlaceSeeker {
  readonly memoryMb: number
  readonly session: object | null
  readonly #journal: Journal
  readonly #place: RuntimePlace
  readonly #listener: RuntimeListener
  readonly #trail: EventTrail
  /** Set while somebody waits for the isolate to go. */
  #stopped: PromiseWithResolvers<void> | null = null
  /** Set while a run has not been handed all of its journal. */
  #replay: ReplayFeed | null = null
  #isGone = false
  #phase: Phase = { type: 'placing' }
  #handled = 0
  /** The program is over; only the isolate has to go. */
  #hasEnded = false
  /** Commands go on the journal only. */
  #isHeld = false
  /** How often this run has been given which retained output. */
  #outputsGiven: Map<number, number> | null = null
  #strikes = 0
  /** How far the cell had come at the last strike. */
  #strikeAt = -1
  /** The most commands that a run has handled. */
  #reached = 0

  constructor(journal: Journal, place: RuntimePlace, listener: RuntimeListener) {
    this.#journal = journal
    this.#trail = new EventTrail(journal.fingerprints)
    this.#place = place
    this.session = place.session
    this.#listener = listener
    this.memoryMb = journal.start.limits.memoryMb
  }

  /** Runs the cell on the next free host. */
  start(): void {
    const { start, storedValues } = this.#journal
    this.#place.feed?.emit({ type: 'cell_run', cellId: this.#cellId, start, storedValues })
    this.#retell()
    this.#seek(false)
  }

  /** Tells what the cell was given in an earlier process. */
  #retell(): void {
    const { feed } = this.#place
    if (feed === null || this.#journal.count === 0) return
    for (const command of this.#journal.commands()) feed.emit({ type: 'cell_command', cellId: this.#cellId, command })
  }

  #seek(alone: boolean): void {
    const { pool, owner } = this.#place
    if (alone) pool.placeAlone(this)
    else pool.place(owner, this)
  }

  placed(host: Host): void {
    // A host may die between its choice and this moment.
    if (host.isGone) return this.#seek(host.solo)
    this.#listener.waitsForHost(null)
    const cell = host.adopt(this, this.#place.catalogue)
    const clock = new EvictionClock(this.#place.evictAfterMs, () => this.evict())
    this.#phase = { type: 'running', host, cell, clock }
    this.#handled = 0
    this.#trail.rewind()
    this.#outputsGiven = null
    this.#replay = new ReplayFeed(this.#journal, (command) => host.send({ ...command, cell }))
    this.#continueReplay(this.#replay, host, cell)
  }

  /** Keeps commands from the cell, which stands still once it has handled what it was given; or gives them to it. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return
    this.#isHeld = isHeld
    if (isHeld) return
    const phase = this.#phase
    if (phase.type === 'evicted' && this.isBusy) return this.#revive('its output was taken', false)
    if (phase.type !== 'running' || this.#replay === null) return
    phase.clock.work()
    this.#continueReplay(this.#replay, phase.host, phase.cell)
  }

  #continueReplay(replay: ReplayFeed, host: Host, cell: HostCell): void {
    if (this.#isHeld) return
    try {
      if (replay.continue(this.#handled)) this.#replay = null
    } catch (error) {
      // Its journal cannot be read any more.
      host.expel(cell)
      this.#end(failure(messageOf(error)))
    }
  }

  waits(reason: string | null): void {
    this.#listener.waitsForHost(reason)
  }

  /** Gives the cell a command; it is on the journal from here on. */
  send(command: JournaledCommand): void {
    if (this.#phase.type === 'over') return
    try {
      this.#journal.append(command)
    } catch (error) {
      return this.#unkept(error)
    }
    this.#place.feed?.emit({ type: 'cell_command', cellId: this.#cellId, command })
    if (this.#phase.type === 'evicted' && !this.#isHeld) return this.#wake(command)
    if (this.#phase.type !== 'running') return
    const { host, cell, clock } = this.#phase
    if (this.#isHeld) {
      // All but this one has been sent.
      this.#replay ??= new ReplayFeed(this.#journal, (later) => host.send({ ...later, cell }), this.given - 1)
      return
    }
    clock.work()
    if (this.#replay === null) host.send({ ...command, cell })
  }

  /** What the cell would be told cannot be kept, so that it could not be run again. */
  #unkept(error: unknown): void {
    void this.terminate()
    const isLimit = hasCode(error, 'LIMIT_EXCEEDED')
    this.#listener.event(
      failure(isLimit ? messageOf(error) : 'exec runtime ended unexpectedly: its journal cannot be written'),
    )
  }

  #wake({ type }: JournaledCommand): void {
    const reason = type === 'timeout_fired' ? 'a timer was due' : 'a call was answered'
    this.#revive(reason, false)
  }

  #revive(reason: string, alone: boolean): void {
    this.#phase = { type: 'placing' }
    this.#place.feed?.emit({ type: 'cell_revived', cellId: this.#cellId, reason })
    this.#seek(alone)
  }

  evict(): void {
    const phase = this.#phase
    if (phase.type !== 'running' || this.idleSince === null) return
    this.#phase = { type: 'evicted' }
    this.#replay = null
    phase.clock.stop()
    phase.host.expel(phase.cell)
    if (phase.host.solo) void this.#place.pool.release(phase.host)
    this.#place.feed?.emit({ type: 'cell_evicted', cellId: this.#cellId })
  }

  get idleSince(): number | null {
    return this.#phase.type === 'running' ? this.#phase.clock.idleSince : null
  }

  get #cellId(): string {
    return String(this.#place.ownOutput)
  }

  /** How many commands the cell was given, its start included. */
  get given(): number {
    return this.#journal.count + 1
  }

  get isBusy(): boolean {
    return this.#handled < this.given
  }

  heard(message: FromHost): void {
    switch (message.type) {
      case 'ready':
      case 'pong':
      case 'stuck':
        return
      case 'handled':
        this.#handled = message.count
        this.#reached = Math.max(this.#reached, message.count)
        this.#listener.handled(message.count)
        if (this.#replay !== null && this.#phase.type === 'running') {
          this.#continueReplay(this.#replay, this.#phase.host, this.#phase.cell)
        }
        if (this.#phase.type !== 'running') return
        if (!this.isBusy) this.#rest(this.#phase.clock)
        else if (this.#isHeld && this.#replay?.isHandled(message.count) === true) this.#phase.clock.rest()
        return
      case 'stopped':
        if (this.#phase.type === 'running' && !this.#hasEnded)
          return this.#end(failure('exec runtime ended unexpectedly'))
        return this.#gone()
      case 'remarks': {
        const { printed, notified, stored, passed, spelled, isRejected, body } = message
        const rejection = isRejected ? body : null
        return this.#listener.remarked({ printed, notified, stored, passed, spelled, rejection })
      }
      case 'output_wanted':
        return this.#giveOutput(message.output)
      default:
        return this.#follow(message)
    }
  }

  #rest(clock: EvictionClock): void {
    const { missing } = this.#trail
    if (missing !== null) return this.#diverged(missing)
    clock.rest()
    this.#listener.idle()
  }

  /** Answers outside of the journal's order: the cell stands still until then, and what it gets never changes. */
  #giveOutput(output: number): void {
    if (this.#phase.type !== 'running') return
    const outputsGiven = (this.#outputsGiven ??= new Map())
    const given = outputsGiven.get(output) ?? 0
    if (given >= maxOutputWishes) {
      this.distrust()
      return this.#listener.event(
        failure('exec runtime ended unexpectedly: its host wanted the same output again and again'),
      )
    }
    const { host, cell } = this.#phase
    const { catalogue, ownOutput, retainedOutput } = this.#place
    // Of younger cells there is nothing to read, now or ever, so nothing has to be remembered.
    const isCatalogue = output === 0
    let kept: string | null
    try {
      kept = isCatalogue || output > ownOutput ? null : this.#journal.retainedOutput(output, retainedOutput)
    } catch (error) {
      return this.#unkept(error)
    }
    if (!isCatalogue && given === 0) {
      this.#place.feed?.emit({ type: 'cell_read_output', cellId: this.#cellId, output, body: kept })
    }
    const text = isCatalogue ? catalogue.json : kept
    if (text !== null) outputsGiven.set(output, given + 1)
    host.send({ type: 'kept_output', cell, output, found: text !== null, body: text ?? '' })
  }

  #follow(event: CellEvent): void {
    if (this.#phase.type !== 'running') return
    const step = this.#trail.follow(event)
    if (step.type === 'repeated') return
    if (step.type === 'differs') return this.#diverged(step.what)
    this.#hasEnded = event.type === 'completed' || event.type === 'failed' || event.type === 'rejected'
    this.#listener.event(event)
  }

  #diverged(what: string): void {
    void this.terminate()
    this.#listener.event(failure(divergedText(what)))
  }

  lost(loss: HostLoss): void {
    // A program that is over needs no other host; one that does not compile runs without its types by now.
    if (this.#phase.type !== 'running' || this.#hasEnded) return this.#gone()
    const { host, clock } = this.#phase
    clock.stop()
    if (this.#isToBlame(loss, host)) return this.#end(this.#verdict(loss))
    if (this.#isHeld) return this.#layDown()
    this.#revive(loss.reason, loss.role === 'suspect')
  }

  /** A cell that may not move needs no host. */
  #layDown(): void {
    this.#replay = null
    this.#phase = { type: 'evicted' }
    this.#place.feed?.emit({ type: 'cell_evicted', cellId: this.#cellId })
  }

  /** Alone on a host there is nobody else to blame, but something outside may have killed it: repetition tells. */
  #isToBlame({ role, crashed }: HostLoss, host: Host): boolean {
    if (role === 'guilty') return true
    if (role === 'innocent') return false
    const progress = this.#reached + this.#trail.length
    if (this.#strikeAt !== progress) this.#strikes = 0
    this.#strikeAt = progress
    this.#strikes++
    return this.isBusy && host.solo && this.#strikes >= (crashed ? maxStrikes.crashed : maxStrikes.killed)
  }

  #verdict({ reason, memoryMb }: HostLoss): CellEvent {
    if (memoryMb !== null) {
      return { type: 'failed', limit: 'memory', body: limitText('memory_mb', this.memoryMb, memoryMb) }
    }
    return failure(`exec runtime ended unexpectedly: the host process died while this cell ran: ${reason}`)
  }

  /** Stops the cell here, for another process to go on with it: what it is given from now on is only written down. */
  async suspend(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'over' || phase.type === 'suspended') return
    this.#phase = { type: 'suspended' }
    if (phase.type === 'placing') this.#place.pool.withdraw(this)
    if (phase.type !== 'running') return
    await this.#stop(phase)
    if (phase.host.solo) await this.#place.pool.release(phase.host)
  }

  #end(event: CellEvent): void {
    this.#gone()
    this.#listener.event(event)
  }

  #gone(): void {
    const phase = this.#phase
    if (phase.type !== 'suspended') this.#phase = { type: 'over' }
    this.#isGone = true
    this.#stopped?.resolve()
    if (phase.type === 'placing') this.#place.pool.withdraw(this)
    if (phase.type !== 'running') return
    phase.clock.stop()
    if (phase.host.solo) void this.#place.pool.release(phase.host)
  }

  /** Kills the host that this cell runs on: it has said what cannot be. The other cells go on elsewhere. */
  distrust(): void {
    const phase = this.#phase
    if (phase.type !== 'running') return
    this.#phase = { type: 'over' }
    phase.clock.stop()
    phase.host.condemn('it reported what is not possible', this)
  }

  /** Stops the cell for good. Resolves when nothing of it runs any more; a host that does not obey is killed. */
  async terminate(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'over') return await this.#whenGone()
    if (phase.type !== 'running') return this.#gone()
    this.#phase = { type: 'over' }
    await this.#stop(phase)
  }

  async #stop({ host, cell, clock }: Extract<Phase, { readonly type: 'running' }>): Promise<void> {
    clock.stop()
    host.send({ type: 'terminate', cell })
    const timer = setTimeout(() => host.condemn('a cell on it could not be stopped', this), obeyMs)
    await this.#whenGone()
    clearTimeout(timer)
  }

  async #whenGone(): Promise<void> {
    if (this.#isGone) return
    this.#stopped ??= Promise.withResolvers()
    await this.#stopped.promise
  }
}

function failure(errorText: string): CellEvent {
  return { type: 'failed', limit: null, body: errorText }
}
