import { messageOf } from '../../errors.ts'
import { ReplayCheck } from './replay-check.ts'
import type { Journal } from '../../storage/journal.ts'
import type { JournaledCommand } from '../../protocol/command.ts'
import type { CellEvent } from '../../protocol/event.ts'
import { divergedText } from './cell-outcomes.ts'
import { EvictionClock } from './eviction.ts'
import type { SlotRequest } from '../hosts/host-group.ts'
import type { Host } from '../hosts/host.ts'
import type { HostedCell, HostLoss, HostNotice } from '../hosts/hosted-cell.ts'
import { CellRun } from './cell-run.ts'
import { CrashRetries } from './crash-retries.ts'
import { crashFailure, failure, journalFailure } from './runtime-failures.ts'
import type { RuntimeInit, RuntimeListener, RuntimeServices } from './runtime-services.ts'
import type { HostedCatalogue } from '../hosts/hosted-catalogue.ts'

type Phase =
  /** It waits for a slot on a host. */
  | { readonly type: 'queued' }
  | { readonly type: 'running'; readonly run: CellRun }
  /** The program is over; its isolate is still there. */
  | { readonly type: 'ended'; readonly run: CellRun }
  /** It waits without an isolate; a command resumes it. */
  | { readonly type: 'evicted' }
  /** Only the journal gets commands, for the process that opens the session next. `gone` resolves when the isolate is gone. */
  | { readonly type: 'suspended'; readonly gone: PromiseWithResolvers<void> | null }
  /** The program was stopped. `gone` resolves when the isolate is gone. */
  | { readonly type: 'stopping'; readonly gone: PromiseWithResolvers<void> }
  | { readonly type: 'gone' }

/** How long a host has for a termination before it is killed, in milliseconds. */
const maxTerminationMs = 300

/**
 * The runtime of a program, whatever happens to its hosts. When a host dies, or when the program has waited for long and was evicted,
 * the journal is replayed on another host, and the events that the program has emitted before are skipped.
 */
export class CellRuntime implements HostedCell, SlotRequest {
  readonly memoryMb: number
  readonly session: object | null
  readonly #journal: Journal
  readonly #services: RuntimeServices
  readonly #catalogue: HostedCatalogue
  readonly #number: number
  readonly #listener: RuntimeListener
  readonly #replayCheck: ReplayCheck
  readonly #retries = new CrashRetries()
  #phase: Phase = { type: 'queued' }
  /** Commands that the current run has handled, and the most that any run has. */
  #handled = 0
  #maxHandled = 0
  /** Whether only the journal gets commands. */
  #isHeld = false

  constructor(services: RuntimeServices, { journal, catalogue, number }: RuntimeInit, listener: RuntimeListener) {
    this.#journal = journal
    this.#replayCheck = new ReplayCheck(journal.fingerprints)
    this.#services = services
    this.#catalogue = catalogue
    this.#number = number
    this.session = services.session
    this.#listener = listener
    this.memoryMb = journal.start.limits.memoryMb
  }

  /** Runs the program on the next host that has a slot. */
  start(): void {
    const { feed } = this.#services
    const { start, storedValues } = this.#journal
    feed?.emit({ type: 'cell_run', cellId: this.#cellId, start, storedValues })
    if (feed !== null && this.#journal.count > 0) {
      // The commands of an earlier process.
      for (const command of this.#journal.commands()) feed.emit({ type: 'cell_command', cellId: this.#cellId, command })
    }
    this.#requestSlot(false)
  }

  #requestSlot(alone: boolean): void {
    const { pool, owner } = this.#services
    if (alone) pool.requestDedicatedHost(this)
    else pool.requestSlot(owner, this)
  }

  onSlot(host: Host): void {
    // The host may have died since it was chosen.
    if (host.isGone) return this.#requestSlot(host.isDedicated)
    this.#listener.onHostTrouble(null)
    const cell = host.attach(this, this.#catalogue)
    const clock = new EvictionClock(this.#services.evictAfterMs, () => this.evict())
    const run = new CellRun(host, cell, clock, this.#journal)
    this.#phase = { type: 'running', run }
    this.#handled = 0
    this.#replayCheck.rewind()
    this.#replay(run)
  }

  onTrouble(reason: string | null): void {
    this.#listener.onHostTrouble(reason)
  }

  #replay(run: CellRun): void {
    if (this.#isHeld) return
    try {
      run.replay(this.#handled)
    } catch (error) {
      // The journal cannot be read.
      run.evict()
      this.#end(failure(messageOf(error)))
    }
  }

  /** Withholds commands from the program, which stands still when it has handled those that it has; or lets it have them. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return
    this.#isHeld = isHeld
    if (isHeld) return
    const phase = this.#phase
    if (phase.type === 'evicted' && this.isBusy) return this.#resume('its output was taken', false)
    if (phase.type !== 'running' || !phase.run.isReplaying) return
    phase.run.clock.onWork()
    this.#replay(phase.run)
  }

  /** Puts a command on the journal and gives it to the program. */
  send(command: JournaledCommand): void {
    const phase = this.#phase
    if (phase.type === 'ended' || phase.type === 'stopping' || phase.type === 'gone') return
    try {
      this.#journal.append(command)
    } catch (error) {
      return this.#failOnJournal(error)
    }
    this.#services.feed?.emit({ type: 'cell_command', cellId: this.#cellId, command })
    if (phase.type === 'evicted' && !this.#isHeld) {
      return this.#resume(command.type === 'timeout_fired' ? 'a timer was due' : 'a call was answered', false)
    }
    if (phase.type !== 'running') return
    if (this.#isHeld) phase.run.withhold(this.given - 1)
    else phase.run.send(command)
  }

  /** Ends a program that cannot be replayed, because its journal cannot be written. */
  #failOnJournal(error: unknown): void {
    void this.terminate()
    this.#listener.onEvent(journalFailure(error))
  }

  #resume(reason: string, alone: boolean): void {
    this.#phase = { type: 'queued' }
    this.#services.feed?.emit({ type: 'cell_revived', cellId: this.#cellId, reason })
    this.#requestSlot(alone)
  }

  evict(): void {
    const phase = this.#phase
    if (phase.type !== 'running' || this.idleSince === null) return
    this.#phase = { type: 'evicted' }
    phase.run.evict()
    this.#releaseDedicated(phase.run)
    this.#emitEvicted()
  }

  #emitEvicted(): void {
    this.#services.feed?.emit({ type: 'cell_evicted', cellId: this.#cellId })
  }

  #releaseDedicated({ host }: CellRun): void {
    if (host.isDedicated) void this.#services.pool.release(host)
  }

  get idleSince(): number | null {
    return this.#phase.type === 'running' ? this.#phase.run.clock.idleSince : null
  }

  get #cellId(): string {
    return String(this.#number)
  }

  /** The number of commands that the program was given, its start included. */
  get given(): number {
    return this.#journal.count + 1
  }

  get isBusy(): boolean {
    return this.#handled < this.given
  }

  onMessage(message: HostNotice): void {
    switch (message.type) {
      case 'handled':
        return this.#onHandled(message.count)
      case 'stopped':
        if (this.#phase.type === 'running') return this.#end(failure('exec runtime ended unexpectedly'))
        return this.#onGone()
      case 'remarks': {
        const { printed, notified, stored, passed, spelled, isRejected, body } = message
        const rejection = isRejected ? body : null
        return this.#listener.onRemarks({ printed, notified, stored, passed, spelled, rejection })
      }
      case 'output_wanted':
        return this.#onOutputWanted(message.output)
      default:
        return message satisfies never
    }
  }

  #onHandled(count: number): void {
    this.#handled = count
    this.#maxHandled = Math.max(this.#maxHandled, count)
    this.#listener.onHandled(count)
    if (this.#phase.type === 'running') this.#replay(this.#phase.run)
    if (this.#phase.type !== 'running') return
    const { run } = this.#phase
    if (!this.isBusy) this.#onIdle(run)
    else if (this.#isHeld && run.isWaitingForReplay(count)) run.clock.onIdle()
  }

  #onIdle(run: CellRun): void {
    const { missing } = this.#replayCheck
    if (missing !== null) return this.#diverge(missing)
    run.clock.onIdle()
    this.#listener.onIdle()
  }

  /** Answers outside of the order of the journal: the program stands still until then, and the answer never changes. */
  #onOutputWanted(output: number): void {
    if (this.#phase.type !== 'running') return
    const { run } = this.#phase
    if (run.hasReadTooOften(output)) {
      this.killHost()
      const errorText = 'exec runtime ended unexpectedly: its host wanted the same output again and again'
      return this.#listener.onEvent(failure(errorText))
    }
    if (output === 0) return run.sendOutput(output, this.#catalogue.json)
    const { feed, retainedOutput } = this.#services
    let body: string | null
    try {
      // There is never output of later cells to read, so the journal need not remember that.
      body = output > this.#number ? null : this.#journal.retainedOutput(output, retainedOutput)
    } catch (error) {
      return this.#failOnJournal(error)
    }
    if (run.isFirstRead(output)) feed?.emit({ type: 'cell_read_output', cellId: this.#cellId, output, body })
    run.sendOutput(output, body)
  }

  onEvent(event: CellEvent): void {
    const phase = this.#phase
    if (phase.type !== 'running') return
    const step = this.#replayCheck.check(event)
    if (step.type === 'repeated') return
    if (step.type === 'differs') return this.#diverge(step.what)
    if (isEnd(event)) {
      phase.run.clock.stop()
      this.#phase = { type: 'ended', run: phase.run }
    }
    this.#listener.onEvent(event)
  }

  #diverge(what: string): void {
    void this.terminate()
    this.#listener.onEvent(failure(divergedText(what)))
  }

  onHostLost(loss: HostLoss): void {
    const phase = this.#phase
    if (phase.type !== 'running') return this.#onGone()
    const { host, clock } = phase.run
    clock.stop()
    if (this.#isCulprit(loss, host)) return this.#end(crashFailure(loss, this.memoryMb))
    if (!this.#isHeld) return this.#resume(loss.reason, loss.role === 'suspect')
    // A program that is held needs no host.
    this.#phase = { type: 'evicted' }
    this.#emitEvicted()
  }

  #isCulprit(loss: HostLoss, { isDedicated: solo }: Host): boolean {
    if (loss.role !== 'suspect') return loss.role === 'culprit'
    const isExhausted = this.#retries.isExhaustedAfter(loss, this.#maxHandled + this.#replayCheck.length)
    return isExhausted && solo && this.isBusy
  }

  #end(event: CellEvent): void {
    this.#onGone()
    this.#listener.onEvent(event)
  }

  /** The isolate is gone, or there is none. */
  #onGone(): void {
    const phase = this.#phase
    if (phase.type === 'suspended') return phase.gone?.resolve()
    this.#phase = { type: 'gone' }
    if (phase.type === 'stopping') phase.gone.resolve()
    if (phase.type === 'queued') this.#services.pool.withdraw(this)
    if (phase.type !== 'running' && phase.type !== 'ended') return
    phase.run.clock.stop()
    this.#releaseDedicated(phase.run)
  }

  /** Kills the host of the program: it reported what is not possible. Other programs resume on another host. */
  killHost(): void {
    const phase = this.#phase
    if (phase.type !== 'running' && phase.type !== 'ended') return
    this.#phase = { type: 'stopping', gone: Promise.withResolvers() }
    phase.run.clock.stop()
    phase.run.host.kill('it reported what is not possible', this)
  }

  /** Stops the program. Resolves when nothing of it runs; a host that does not stop it is killed. */
  async terminate(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'gone') return
    if (phase.type === 'stopping') return await phase.gone.promise
    if (phase.type !== 'running' && phase.type !== 'ended') return this.#onGone()
    const gone = Promise.withResolvers<void>()
    this.#phase = { type: 'stopping', gone }
    await this.#stop(phase.run, gone.promise)
  }

  /** Stops the program for the process that opens the session next: only the journal gets later commands. */
  async suspend(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'gone' || phase.type === 'stopping' || phase.type === 'suspended') return
    const isRunning = phase.type === 'running' || phase.type === 'ended'
    const gone = isRunning ? Promise.withResolvers<void>() : null
    this.#phase = { type: 'suspended', gone }
    if (phase.type === 'queued') this.#services.pool.withdraw(this)
    if (!isRunning || gone === null) return
    const { run } = phase
    await this.#stop(run, gone.promise)
    if (run.host.isDedicated) await this.#services.pool.release(run.host)
  }

  async #stop(run: CellRun, gone: Promise<void>): Promise<void> {
    run.terminate()
    const timer = setTimeout(() => run.host.kill('a cell on it could not be stopped', this), maxTerminationMs)
    await gone
    clearTimeout(timer)
  }
}

function isEnd({ type }: CellEvent): boolean {
  return type === 'completed' || type === 'failed' || type === 'rejected'
}
