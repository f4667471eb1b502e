import type { JournaledCommand } from '../protocol/command.ts'

/** A command for later: `due` in milliseconds since 1970; equal times are ordered by `position`. */
type QueuedCommand = { readonly due: number; readonly position: number; readonly command: JournaledCommand }

/** Orders the future commands of a cell by a virtual clock, which jumps from one command to the next. */
export class CommandQueue {
  #now: number
  #entries: QueuedCommand[] = []

  constructor(now: number) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  add(entry: QueuedCommand): void {
    let at = this.#entries.length
    while (at > 0 && isLater(this.#entries[at - 1], entry)) at--
    this.#entries.splice(at, 0, entry)
  }

  removeTimer(id: number): void {
    this.#entries = this.#entries.filter(({ command }) => command.type !== 'timeout_fired' || command.id !== id)
  }

  /** Removes the next command, and moves the clock to its time. */
  next(): JournaledCommand | null {
    const entry = this.#entries.shift()
    if (entry === undefined) return null
    this.#now = Math.max(this.#now, entry.due)
    return { ...entry.command, time: this.#now }
  }
}

function isLater(entry: QueuedCommand | undefined, than: QueuedCommand): boolean {
  if (entry === undefined) return false
  return entry.due === than.due ? entry.position > than.position : entry.due > than.due
}
