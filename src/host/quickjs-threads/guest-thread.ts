import { messageOf } from '../../errors.ts'
import { waitKinds } from '../engine/bridge.ts'
import { QuickJsVm, type VmEnd } from '../quickjs/vm.ts'
import { countReplies, isStopRequested, publishTime, waitForReply, type SharedWords } from './shared-words.ts'
import type { FromThread, Program, Reply, Slice, ThreadData, ToThread } from './thread-messages.ts'

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
  /** The CPU time of the thread at the start of the slice. */
  #cpuBefore = 0

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
      return slice.type === 'start' ? this.#start(slice.cell, slice.program) : this.#receive(slice)
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

  #take(memoryMb: number): Guest {
    const warm = this.#warm
    if (warm?.memoryMb !== memoryMb) return this.#create(memoryMb)
    this.#warm = null
    return warm
  }

  #create(memoryMb: number): Guest {
    const vm = new QuickJsVm({
      baseline: this.#data.baseline,
      memoryMb,
      onCall: (call) => this.#channel.post({ type: 'call', call }),
      wait: (kind, id) => (kind === waitKinds.toolNames ? `${guest.names}\n` : this.#ask(kind, id)),
      shouldStop: () => {
        this.#publishTime()
        return isStopRequested(this.#words)
      },
    })
    const guest: Guest = { vm, memoryMb, names: '' }
    return guest
  }

  #warmUp(memoryMb: number): void {
    if (this.#warm?.memoryMb !== memoryMb) this.#warm = this.#create(memoryMb)
  }

  /** Waits for the host; the program is to be stopped when there is no reply. */
  #ask(kind: number, id: number): string | undefined {
    let seen = countReplies(this.#words)
    this.#channel.post({ type: 'request', kind, id })
    for (;;) {
      const reply = this.#channel.takeReply()
      if (reply !== undefined) return reply.text
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
