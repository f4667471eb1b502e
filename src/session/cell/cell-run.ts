import type { Journal } from '../../storage/journal.ts'
import type { Command, JournaledCommand } from '../../protocol/command.ts'
import type { HostCell, ToHost } from '../../protocol/message.ts'
import type { Host } from '../hosts/host.ts'
import type { SnapshotRequest } from '../hosts/snapshot-request.ts'
import type { EvictionClock } from './eviction.ts'
import { ReplayFeed } from './replay-feed.ts'
import { minSnapshotCpuMs } from './snapshot-cost.ts'

/** Maximum number of reads of one retained output in a run. A program caches the output, unless the read overflows its stack. */
const maxReadsPerOutput = 8

type CellRunInit = {
  readonly host: Host
  readonly cell: HostCell
  readonly clock: EvictionClock
  readonly journal: Journal
  /** The state to begin with, in base64, after `commands` commands; null for the start. */
  readonly snapshot: { readonly commands: number; readonly body: string } | null
}

/** A run of a program on one host: its first run, or a replay of its journal. */
export class CellRun {
  readonly host: Host
  readonly clock: EvictionClock
  readonly #cell: HostCell
  readonly #journal: Journal
  /** Null once the host has received the whole journal. */
  #replay: ReplayFeed | null
  /** The number of commands that the run began after: those of its snapshot. */
  readonly #restored: number
  /** The size of the commands that the run has received, in characters. */
  #receivedChars = 0
  /** The number of reads of each retained output. */
  #reads: Map<number, number> | null = null

  /** `snapshot` has the commands that the program does not repeat; null when it begins with the start. */
  constructor({ host, cell, clock, journal, snapshot }: CellRunInit) {
    this.host = host
    this.clock = clock
    this.#cell = cell
    this.#journal = journal
    this.#restored = snapshot?.commands ?? 0
    if (snapshot !== null) {
      host.send({ type: 'restore', cell, body: snapshot.body })
      host.send({ ...journal.start, cell })
    }
    this.#replay = this.#replayFrom(this.#restored)
  }

  #replayFrom(sent: number): ReplayFeed {
    return new ReplayFeed(this.#journal, (command: Command) => this.#sendOne(command), sent)
  }

  #sendOne(command: Command): void {
    if ('body' in command) this.#receivedChars += command.body.length
    this.host.send({ ...command, cell: this.#cell })
  }

  /** Whether the host has not received the whole journal. */
  get isReplaying(): boolean {
    return this.#replay !== null
  }

  /** Sends the next part of the journal after `handled` commands. Throws when the journal cannot be read. */
  replay(handled: number): void {
    if (this.#replay?.continue(handled) === true) this.#replay = null
  }

  /** Returns whether the program has handled all sent commands before the end of the journal. */
  isWaitingForReplay(handled: number): boolean {
    return this.#replay?.isHandled(handled) === true
  }

  /** Sends a command. During a replay, the journal delivers it instead. */
  send(command: JournaledCommand): void {
    this.clock.onWork()
    if (this.#replay === null) this.#sendOne(command)
  }

  /** Withholds the commands after the first `sent` of the journal until the next `replay`. */
  withhold(sent: number): void {
    this.#replay ??= this.#replayFrom(sent)
  }

  /** Returns whether the run has reached the maximum number of reads of this output. */
  hasReadTooOften(output: number): boolean {
    return (this.#reads?.get(output) ?? 0) >= maxReadsPerOutput
  }

  /** Returns whether the run has not read this output. */
  isFirstRead(output: number): boolean {
    return this.#reads?.has(output) !== true
  }

  /** Sends a retained output to the program; `body` is null when it does not exist. */
  sendOutput(output: number, body: string | null): void {
    const reads = (this.#reads ??= new Map())
    if (body !== null) reads.set(output, (reads.get(output) ?? 0) + 1)
    const reply = { type: 'kept_output', cell: this.#cell, output, found: body !== null, body: body ?? '' } as const
    if (this.host.isCongested()) void this.#sendWhenDrained(reply)
    else this.host.send(reply)
  }

  /** Sends a reply. The program is blocked until it arrives, so it need not keep its order. */
  async #sendWhenDrained(reply: ToHost): Promise<void> {
    while (this.host.isCongested()) await this.host.drained()
    this.host.send(reply)
  }

  /** Requests the end of the program. The host responds with `stopped`. */
  terminate(): void {
    this.clock.stop()
    this.host.send({ type: 'terminate', cell: this.#cell })
  }

  /** Returns the CPU time from which a snapshot after `commands` commands is worth it, in milliseconds. */
  minSnapshotCpuMs(commands: number): number {
    return minSnapshotCpuMs({ commands: commands - this.#restored, chars: this.#receivedChars })
  }

  /** Whether the run began with a snapshot. */
  get isRestored(): boolean {
    return this.#restored > 0
  }

  /** Disposes the isolate without waiting for the host, which takes a snapshot if there is a request. */
  evict(snapshot: SnapshotRequest | null = null): void {
    this.clock.stop()
    this.host.evict(this.#cell, snapshot)
  }
}

/** Evicts a run. Resolves when its isolate is gone, or after `maxMs` milliseconds. */
export async function evictWithin(run: CellRun, request: SnapshotRequest, maxMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, maxMs)
  run.evict({ ...request, onGone: resolve })
  await promise
  clearTimeout(timer)
}
