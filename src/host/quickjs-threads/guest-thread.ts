import { messageOf } from '../../errors.ts'
import { waitKinds } from '../engine/bridge.ts'
import { engineIdOf } from '../../protocol/engine-print.ts'
import { quickJsPrint } from '../quickjs/quickjs-print.ts'
import type { SnapshotEngine } from '../quickjs/snapshot/guest-snapshot.ts'
import { nodeCodecs } from '../quickjs/snapshot/node-codecs.ts'
import { restoreSnapshot, takeSnapshot } from '../quickjs/snapshot/vm-snapshot.ts'
import { QuickJsVm, type VmEnd, type VmOptions } from '../quickjs/vm.ts'
import { countReplies, isStopRequested, publishTime, waitForReply, type SharedWords } from './shared-words.ts'
import type { FromThread, Program, Reply, RestoredProgram, Slice, ThreadData, ToThread } from './thread-messages.ts'

/** The channel of a thread to its host. */
export type ThreadChannel = {
  post(message: FromThread): void
  /** Returns the next reply that has arrived; undefined if none has. */
  takeReply(): Reply | undefined
}

/** A machine of this thread. */
type Guest = { readonly vm: QuickJsVm; readonly memoryMb: number; names: string }

/** The cells of a thread, and the slices that it runs. */
export class GuestThread {
  readonly #data: ThreadData
  readonly #channel: ThreadChannel
  readonly #words: SharedWords
  readonly #guests = new Map<number, Guest>()
  /** A machine for the next cell, made while the thread is idle. */
  #warm: Guest | null = null
  #requests = 0
  /** The CPU time of the thread at the start of the slice. */
  #cpuBefore = 0
  /** Made for the first snapshot of the thread. */
  #snapshotEngine: SnapshotEngine | null = null

  constructor(data: ThreadData, channel: ThreadChannel) {
    this.#data = data
    this.#words = data.words
    this.#channel = channel
  }

  handle(message: ToThread): void {
    if (message.type === 'drop') return void this.#guests.delete(message.cell)
    this.#cpuBefore = threadCpuMs()
    const end = this.#run(message)
    if (end.type !== 'waiting' && end.type !== 'rejected') this.#guests.delete(message.cell)
    this.#publishTime()
    this.#channel.post({ type: 'end', end })
    if (message.type === 'start') setImmediate(() => this.#warmUp(message.program.memoryMb))
  }

  #run(slice: Slice): VmEnd {
    try {
      if (slice.type === 'start') return this.#start(slice.cell, slice.program)
      if (slice.type === 'restore') return this.#restore(slice.cell, slice.restored)
      return slice.type === 'receive' ? this.#receive(slice) : this.#snapshot(slice)
    } catch (error) {
      return { type: 'crashed', cause: messageOf(error) }
    }
  }

  #start(cell: number, { memoryMb, catalogue, preloads, settings, source }: Program): VmEnd {
    const guest = this.#take(memoryMb)
    this.#guests.set(cell, guest)
    const { vm } = guest
    if (catalogue.startsWith('\n')) guest.names = catalogue
    vm.installCatalogue(catalogue)
    for (const [key, json] of preloads) vm.preload(key, json)
    vm.configure(settings)
    const compiled = vm.compile(source)
    this.#channel.post({ type: 'compiled', compiled })
    return compiled.type === 'ready' ? vm.run() : { type: 'stopped' }
  }

  #receive({ cell, commands }: Extract<Slice, { readonly type: 'receive' }>): VmEnd {
    const guest = this.#guests.get(cell)
    let end: VmEnd = { type: 'stopped' }
    for (const command of commands) {
      end = guest?.vm.receive(command) ?? end
      if (end.type !== 'waiting' && end.type !== 'rejected') break
    }
    return end
  }

  #restore(cell: number, { memoryMb, catalogue, snapshot }: RestoredProgram): VmEnd {
    const names = { names: catalogue.startsWith('\n') ? catalogue : '' }
    try {
      const { vm, counters } = restoreSnapshot(snapshot, this.#optionsFor(memoryMb, names), this.#snapshots)
      this.#guests.set(cell, Object.assign(names, { vm, memoryMb }))
      this.#channel.post({ type: 'restore_outcome', outcome: { type: 'restored', counters } })
      return { type: 'waiting' }
    } catch (error) {
      this.#channel.post({ type: 'restore_outcome', outcome: { type: 'refused', reason: messageOf(error) } })
      return { type: 'stopped' }
    }
  }

  #snapshot({ cell, counters }: Extract<Slice, { readonly type: 'snapshot' }>): VmEnd {
    const guest = this.#guests.get(cell)
    if (guest === undefined) return { type: 'stopped' }
    this.#channel.post({ type: 'snapshot', bytes: takeSnapshot(guest.vm, counters, this.#snapshots) })
    return { type: 'waiting' }
  }

  get #snapshots(): SnapshotEngine {
    const { baseline } = this.#data
    this.#snapshotEngine ??= {
      print: engineIdOf(quickJsPrint(baseline)),
      baseline: baseline.memory,
      codecs: nodeCodecs(),
    }
    return this.#snapshotEngine
  }

  #take(memoryMb: number): Guest {
    const warm = this.#warm
    if (warm?.memoryMb !== memoryMb) return this.#create(memoryMb)
    this.#warm = null
    return warm
  }

  #create(memoryMb: number): Guest {
    const names = { names: '' }
    return Object.assign(names, { vm: new QuickJsVm(this.#optionsFor(memoryMb, names)), memoryMb })
  }

  #optionsFor(memoryMb: number, guest: Pick<Guest, 'names'>): VmOptions {
    return {
      baseline: this.#data.baseline,
      memoryMb,
      onCall: (call) => this.#channel.post({ type: 'call', call }),
      wait: (kind, id) => (kind === waitKinds.toolNames ? `${guest.names}\n` : this.#ask(kind, id)),
      shouldStop: () => {
        this.#publishTime()
        return isStopRequested(this.#words)
      },
    }
  }

  #warmUp(memoryMb: number): void {
    if (this.#warm?.memoryMb !== memoryMb) this.#warm = this.#create(memoryMb)
  }

  /** Waits for the reply of the host. Also returns undefined when the program must stop. */
  #ask(kind: number, id: number): string | undefined {
    const request = ++this.#requests
    let seen = countReplies(this.#words)
    this.#channel.post({ type: 'request', request, kind, id })
    for (;;) {
      const reply = this.#channel.takeReply()
      if (reply?.request === request) return reply.text
      if (reply !== undefined) continue
      if (isStopRequested(this.#words)) return undefined
      waitForReply(this.#words, seen)
      seen = countReplies(this.#words)
    }
  }

  #publishTime(): void {
    publishTime(this.#words, threadCpuMs() - this.#cpuBefore)
  }
}

/** Some runtimes do not measure the CPU time of a thread. */
const measure: { threadCpuUsage?(): { readonly user: number; readonly system: number } } = process

/** Returns the CPU time of this thread in milliseconds, or wall time where the runtime does not measure it. */
function threadCpuMs(): number {
  const usage = measure.threadCpuUsage?.()
  return usage === undefined ? performance.now() : (usage.user + usage.system) / 1000
}
