import { messageOf } from '../../errors.ts'
import { ReplayCheck } from './replay-check.ts'
import type { Journal } from '../../storage/journal.ts'
import type { StoredState } from '../../storage/snapshots/durable-snapshot.ts'
import type { JournaledCommand } from '../../protocol/command.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { isCellEnd, type CellEvent } from '../../protocol/event.ts'
import { divergedText, engineLostText } from '../output/cell-outcomes.ts'
import { EvictionClock } from './eviction.ts'
import type { SlotRequest, Waived } from '../hosts/host-group.ts'
import type { Host } from '../hosts/host.ts'
import type { HostedCell, HostLoss, HostNotice } from '../hosts/hosted-cell.ts'
import type { SnapshotRequest } from '../hosts/snapshot-request.ts'
import { CellEngine } from './cell-engine.ts'
import { CellRun, evictWithin } from './cell-run.ts'
import { CellSnapshot } from './cell-snapshot.ts'
import { CrashRetries } from './crash-retries.ts'
import { crashFailure, failure, journalFailure } from './runtime-failures.ts'
import type { RuntimePhase } from './runtime-phase.ts'
import type { RuntimeInit, RuntimeListener, RuntimeServices } from '../services/runtime-services.ts'
import type { HostedCatalogue } from '../hosts/hosted-catalogue.ts'

/** Maximum time for the snapshot of a cell whose session closes, in milliseconds. Later, the journal is replayed. */
const maxLastSnapshotMs = 2000

/**
 * The runtime of a program across hosts. After a host crash or an eviction, another host replays the journal, and events that the
 * program has emitted before are skipped.
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
  readonly #snapshot: CellSnapshot
  readonly #engine: CellEngine
  readonly #retries = new CrashRetries()
  #phase: RuntimePhase = { type: 'queued' }
  /** The number of commands that the current run has handled, and the maximum over all runs. */
  #handled = 0
  #maxHandled = 0
  /** The time since which the program has commands to handle, by `performance.now()`. */
  #busySince = performance.now()
  /** Whether commands are withheld from the program. */
  #isHeld = false

  constructor(
    services: RuntimeServices,
    { journal, catalogue, number, snapshot }: RuntimeInit,
    listener: RuntimeListener,
  ) {
    this.#journal = journal
    this.#replayCheck = new ReplayCheck(journal.fingerprints)
    this.#services = services
    this.#catalogue = catalogue
    this.#number = number
    const { snapshots: keeper } = services
    this.#snapshot = new CellSnapshot({ keeper, slot: snapshot ?? null, cellId: this.#cellId, journal })
    this.#engine = new CellEngine(services, this.#cellId, journal)
    this.session = services.session
    this.#listener = listener
    this.memoryMb = journal.start.limits.memoryMb
  }

  /**
   * Returns the state that an earlier process has stored; null for none.
   *
   * @throws when there is one that cannot be used.
   */
  stored(): StoredState | null {
    return this.#snapshot.stored()
  }

  /** Begins with a stored state, whose events are not emitted. */
  restore(stored: StoredState): void {
    this.#snapshot.restore(stored)
    this.#replayCheck.restore(stored.point.events)
  }

  /** Runs the program on the next host that has a slot. */
  start(): void {
    const { feed } = this.#services
    const { start, storedValues } = this.#journal
    feed?.emit({ type: 'cell_run', cellId: this.#cellId, start, storedValues })
    if (feed !== null && this.#journal.count > 0) {
      // Listeners of this process have not received the commands of an earlier one.
      for (const command of this.#journal.commands()) feed.emit({ type: 'cell_command', cellId: this.#cellId, command })
    }
    this.#requestSlot(false)
  }

  #requestSlot(isDedicated: boolean): void {
    const { pool, owner } = this.#services
    if (isDedicated) pool.requestDedicatedHost(this)
    else pool.requestSlot(owner, this)
  }

  onSlot(host: Host): void {
    // The host can exit between its selection and this call.
    if (host.isGone) return this.#requestSlot(host.isDedicated)
    this.#listener.onHostTrouble(null)
    const cell = host.attach(this, this.#catalogue)
    this.#engine.onHost(host.engine)
    this.#services.feed?.emit({ type: 'cell_hosted', cellId: this.#cellId, engine: host.engine })
    const clock = new EvictionClock(this.#services.evictAfterMs, () => this.evict())
    const snapshot = this.#snapshot.openFor(host)
    const run = new CellRun({ host, cell, clock, journal: this.#journal, snapshot })
    this.#phase = { type: 'running', run }
    this.#handled = snapshot?.commands ?? 0
    this.#busySince = performance.now()
    this.#replayCheck.rewind(snapshot?.events ?? 0)
    this.#replay(run)
  }

  get engine(): EnginePrint | null {
    return this.#engine.needed
  }

  waiveEngine(own: EnginePrint | null): Waived {
    const waived = this.#engine.waive()
    if (waived.type !== 'end') return waived.type
    // Not at once: the request can be part of the start of the cell.
    queueMicrotask(() => {
      if (this.#phase.type === 'queued') this.#end(failure(engineLostText(waived.recorded, own)))
    })
    return 'end'
  }

  onTrouble(reason: string | null): void {
    this.#listener.onHostTrouble(reason)
  }

  /** Sends the next part of the journal, unless the host has received all of it. On a congested host, the part waits. */
  #replay(run: CellRun): void {
    if (this.#isHeld || !run.isReplaying) return
    if (run.host.isCongested()) return void this.#replayWhenDrained(run)
    try {
      run.replay(this.#handled)
    } catch (error) {
      // The journal cannot be read.
      run.evict()
      this.#end(failure(messageOf(error)))
    }
  }

  async #replayWhenDrained(run: CellRun): Promise<void> {
    await run.host.drained()
    if (this.#phase.type === 'running' && this.#phase.run === run) this.#replay(run)
  }

  /** Withholds commands from the program while `isHeld` is true. The program handles the commands that it has received. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return
    this.#isHeld = isHeld
    if (isHeld) return
    const phase = this.#phase
    if (phase.type === 'evicted' && this.isBusy) return this.#resume('its output was read', false)
    if (phase.type !== 'running' || !phase.run.isReplaying) return
    phase.run.clock.onWork()
    this.#replay(phase.run)
  }

  /** Journals a command, and sends it to the program. */
  send(command: JournaledCommand): void {
    const phase = this.#phase
    if (phase.type === 'ended' || phase.type === 'stopping' || phase.type === 'gone') return
    if (!this.isBusy) this.#busySince = performance.now()
    try {
      this.#journal.append(command)
    } catch (error) {
      return this.#failOnJournal(error)
    }
    this.#services.feed?.emit({ type: 'cell_command', cellId: this.#cellId, command })
    if (phase.type === 'evicted' && !this.#isHeld) {
      return this.#resume(command.type === 'timeout_fired' ? 'a timer was due' : 'a call settled', false)
    }
    if (phase.type !== 'running') return
    if (this.#isHeld) phase.run.withhold(this.commandCount - 1)
    else this.#sendTo(phase.run, command)
  }

  /** Sends a command. On a congested host, the journal delivers it later. */
  #sendTo(run: CellRun, command: JournaledCommand): void {
    const { isReplaying } = run
    if (!isReplaying && run.host.isCongested()) run.withhold(this.commandCount - 1)
    run.send(command)
    if (!isReplaying && run.isReplaying) void this.#replayWhenDrained(run)
  }

  /** Ends a program that cannot be replayed, because its journal cannot be written. */
  #failOnJournal(error: unknown): void {
    void this.terminate()
    this.#listener.onEvent(journalFailure(error))
  }

  #resume(reason: string, isDedicated: boolean): void {
    this.#phase = { type: 'queued' }
    this.#services.feed?.emit({ type: 'cell_revived', cellId: this.#cellId, reason })
    this.#requestSlot(isDedicated)
  }

  evict(): void {
    const phase = this.#phase
    if (phase.type !== 'running' || this.idleSince === null) return
    const { run } = phase
    this.#phase = { type: 'evicted' }
    run.evict(this.#snapshotRequest(run, this.#stateFor(run)))
    this.#releaseDedicated(run)
    this.#emitEvicted()
  }

  #snapshotRequest(run: CellRun, state: string | null): SnapshotRequest | null {
    const point = { commands: this.#handled, events: this.#replayCheck.position }
    const minCpuMs = run.minSnapshotCpuMs(point.commands)
    return this.#snapshot.requestOn(run.host, { ...point, minCpuMs, state })
  }

  /** Returns the state of the cell after all of its events; null when a later process cannot resume it. */
  #stateFor({ host }: CellRun): string | null {
    // Hosts with V8 take no snapshots.
    const canTake = host.knowsSnapshots && host.engine?.name === 'quickjs'
    const isUsed = canTake && this.#snapshot.isDurable && this.#replayCheck.isComplete
    return isUsed ? (this.#listener.state?.() ?? null) : null
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

  /** The number of commands of the program, including its start. */
  get commandCount(): number {
    return this.#journal.count + 1
  }

  get isBusy(): boolean {
    return this.#handled < this.commandCount
  }

  /** Whether the program waits for a command, on a host or evicted. */
  get isWaiting(): boolean {
    const { type } = this.#phase
    return (type === 'running' || type === 'evicted') && !this.isBusy
  }

  get busySince(): number {
    return this.#busySince
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
      case 'not_restored':
        return this.#onNotRestored()
      default:
        return message satisfies never
    }
  }

  /** Replays the journal of a program whose snapshot its host cannot use. */
  #onNotRestored(): void {
    const phase = this.#phase
    if (phase.type !== 'running') return
    if (!phase.run.isRestored) return this.#end(failure('exec runtime ended unexpectedly'))
    this.#snapshot.drop()
    phase.run.evict()
    this.#releaseDedicated(phase.run)
    this.#phase = { type: 'queued' }
    this.#requestSlot(phase.run.host.isDedicated)
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

  /** Sends a retained output. It is not a journaled command: the program is blocked until it arrives, and its content never changes. */
  #onOutputWanted(output: number): void {
    if (this.#phase.type !== 'running') return
    const { run } = this.#phase
    if (run.hasReadTooOften(output)) {
      this.killHost()
      const errorText = 'exec runtime ended unexpectedly: its host requested the same output too often'
      return this.#listener.onEvent(failure(errorText))
    }
    if (output === 0) return run.sendOutput(output, this.#catalogue.json)
    const { feed, retainedOutput } = this.#services
    let body: string | null
    try {
      // Later cells never have output to read, so the journal does not record these reads.
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
    if (step.type === 'differs') return this.#diverge(step.difference)
    if (event.type === 'started') this.#busySince = performance.now()
    if (isCellEnd(event)) {
      phase.run.clock.stop()
      this.#phase = { type: 'ended', run: phase.run }
    }
    this.#listener.onEvent(event)
  }

  #diverge(difference: string): void {
    void this.terminate()
    this.#listener.onEvent(failure(divergedText(difference)))
  }

  onHostLost(loss: HostLoss): void {
    const phase = this.#phase
    if (phase.type !== 'running') return this.#onGone()
    const { host, clock } = phase.run
    clock.stop()
    // A replay of the journal shows whether the snapshot was the cause.
    if (loss.role !== 'bystander') this.#snapshot.drop()
    if (this.#isCulprit(loss, host)) return this.#end(crashFailure(loss, this.memoryMb))
    // A suspect whose dedicated host is out of reach gets another one.
    if (!this.#isHeld) return this.#resume(loss.reason, loss.role === 'suspect' || host.isDedicated)
    // A held program does not need a host.
    this.#phase = { type: 'evicted' }
    this.#emitEvicted()
  }

  #isCulprit(loss: HostLoss, { isDedicated }: Host): boolean {
    if (loss.role !== 'suspect') return loss.role === 'culprit'
    const isExhausted = this.#retries.isExhaustedAfter(loss, this.#maxHandled + this.#replayCheck.length)
    return isExhausted && isDedicated && this.isBusy
  }

  #end(event: CellEvent): void {
    this.#onGone()
    this.#listener.onEvent(event)
  }

  /** Handles the end of the isolate. */
  #onGone(): void {
    const phase = this.#phase
    if (phase.type === 'suspended') return phase.gone?.resolve()
    this.#snapshot.release()
    this.#phase = { type: 'gone' }
    if (phase.type === 'stopping') phase.gone.resolve()
    if (phase.type === 'queued') this.#services.pool.withdraw(this)
    if (phase.type !== 'running' && phase.type !== 'ended') return
    phase.run.clock.stop()
    this.#releaseDedicated(phase.run)
  }

  /** Kills the host of the program, because it reported an impossible event. Other programs resume on another host. */
  killHost(): void {
    const phase = this.#phase
    if (phase.type !== 'running' && phase.type !== 'ended') return
    this.#phase = { type: 'stopping', gone: Promise.withResolvers() }
    phase.run.clock.stop()
    phase.run.host.kill('it reported an impossible event', this)
  }

  /** Stops the program. Resolves when its isolate is gone. A host that does not stop it in time is killed. */
  async terminate(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'gone') return
    if (phase.type === 'stopping') return await phase.gone.promise
    if (phase.type !== 'running' && phase.type !== 'ended') return this.#onGone()
    const gone = Promise.withResolvers<void>()
    this.#phase = { type: 'stopping', gone }
    await this.#stop(phase.run, gone.promise)
  }

  /** Stops the program for the next process that opens the session. Later commands are only journaled. */
  async suspend(): Promise<void> {
    const phase = this.#phase
    if (phase.type === 'gone' || phase.type === 'stopping' || phase.type === 'suspended') return
    const isRunning = phase.type === 'running' || phase.type === 'ended'
    const gone = isRunning ? Promise.withResolvers<void>() : null
    const request = phase.type === 'running' && this.idleSince !== null ? this.#lastSnapshotRequest(phase.run) : null
    this.#phase = { type: 'suspended', gone }
    if (phase.type === 'queued') this.#services.pool.withdraw(this)
    if (isRunning && gone !== null) await this.#suspendRun(phase.run, request, gone.promise)
    this.#snapshot.leave()
  }

  /** Returns a request for a snapshot that a later process resumes; null when none can be taken. */
  #lastSnapshotRequest(run: CellRun): SnapshotRequest | null {
    const state = this.#stateFor(run)
    return state === null ? null : this.#snapshotRequest(run, state)
  }

  async #suspendRun(run: CellRun, request: SnapshotRequest | null, gone: Promise<void>): Promise<void> {
    if (request === null) await this.#stop(run, gone)
    else await evictWithin(run, request, maxLastSnapshotMs)
    if (run.host.isDedicated) await this.#services.pool.release(run.host)
  }

  async #stop(run: CellRun, gone: Promise<void>): Promise<void> {
    run.terminate()
    const { maxTerminationMs } = run.host
    const timer = setTimeout(
      () => run.host.kill(`a cell on it did not stop within ${maxTerminationMs} ms`, this),
      maxTerminationMs,
    )
    await gone
    clearTimeout(timer)
  }
}
