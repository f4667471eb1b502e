import type { Journal } from '../../storage/journal.ts'
import type { Command, JournaledCommand } from '../../protocol/command.ts'
import type { HostCell } from '../../protocol/message.ts'
import type { Host } from '../hosts/host.ts'
import type { EvictionClock } from './eviction.ts'
import { ReplayFeed } from './replay-feed.ts'

/** How often a run may read the same retained output: it remembers the output, unless its stack was full at that moment. */
const maxReadsOfOutput = 8

/** One run of a program on one host: its first, or a replay of its journal. */
export class CellRun {
  readonly host: Host
  readonly clock: EvictionClock
  readonly #cell: HostCell
  readonly #journal: Journal
  /** Null once the host has received the whole journal. */
  #replay: ReplayFeed | null
  /** How often the run has read each output. */
  #reads: Map<number, number> | null = null

  constructor(host: Host, cell: HostCell, clock: EvictionClock, journal: Journal) {
    this.host = host
    this.clock = clock
    this.#cell = cell
    this.#journal = journal
    this.#replay = this.#replayFrom(0)
  }

  #replayFrom(sent: number): ReplayFeed {
    return new ReplayFeed(this.#journal, (command: Command) => this.host.send({ ...command, cell: this.#cell }), sent)
  }

  /** Whether the host has not received the whole journal. */
  get isReplaying(): boolean {
    return this.#replay !== null
  }

  /** Sends the part of the journal that is due, after `handled` commands. Throws when the journal cannot be read. */
  replay(handled: number): void {
    if (this.#replay?.continue(handled) === true) this.#replay = null
  }

  /** Whether the program has handled all that was sent, although more is in the journal. */
  isWaitingForReplay(handled: number): boolean {
    return this.#replay?.isHandled(handled) === true
  }

  /** Sends a command, unless the replay of the journal will. */
  send(command: JournaledCommand): void {
    this.clock.onWork()
    if (this.#replay === null) this.host.send({ ...command, cell: this.#cell })
  }

  /** Withholds the commands that follow the first `sent` of the journal, until the next `replay`. */
  withhold(sent: number): void {
    this.#replay ??= this.#replayFrom(sent)
  }

  /** Whether the run has read this output as often as a program can. */
  hasReadTooOften(output: number): boolean {
    return (this.#reads?.get(output) ?? 0) >= maxReadsOfOutput
  }

  /** Whether the run has not read this output yet. */
  isFirstRead(output: number): boolean {
    return this.#reads?.has(output) !== true
  }

  /** Sends retained output that the program reads; null when there is none. */
  sendOutput(output: number, body: string | null): void {
    const reads = (this.#reads ??= new Map())
    if (body !== null) reads.set(output, (reads.get(output) ?? 0) + 1)
    this.host.send({ type: 'kept_output', cell: this.#cell, output, found: body !== null, body: body ?? '' })
  }

  /** Asks the host to stop the program; the host answers `stopped`. */
  terminate(): void {
    this.clock.stop()
    this.host.send({ type: 'terminate', cell: this.#cell })
  }

  /** Disposes the isolate without waiting for the host. */
  evict(): void {
    this.clock.stop()
    this.host.evict(this.#cell)
  }
}
