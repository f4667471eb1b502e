import type { JournaledCommand } from '../protocol/command.ts'

/** A command that comes later: `due` in milliseconds since 1970, those of one moment in the order of `position`. */
type Entry = { readonly due: number; readonly position: number; readonly command: JournaledCommand }

/** What will be given to a cell, by a clock that moves from one command to the next and never waits. */
export class Agenda {
  #now: number
  #entries: Entry[] = []

  constructor(now: number) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  add(entry: Entry): void {
    let at = this.#entries.length
    while (at > 0 && isLater(this.#entries[at - 1], entry)) at--
    this.#entries.splice(at, 0, entry)
  }

  removeTimer(id: number): void {
    this.#entries = this.#entries.filter(({ command }) => command.type !== 'timeout_fired' || command.id !== id)
  }

  /** Takes the next command out, and moves the clock to it. */
  next(): JournaledCommand | null {
    const entry = this.#entries.shift()
    if (entry === undefined) return null
    this.#now = Math.max(this.#now, entry.due)
    return { ...entry.command, time: this.#now }
  }
}

function isLater(entry: Entry | undefined, than: Entry): boolean {
  if (entry === undefined) return false
  return entry.due === than.due ? entry.position > than.position : entry.due > than.due
}
