import type { SessionEvent } from '../../../src/events/session-event.ts'

/** Counts the events of a session by type and cell. A test can wait for an event, or act on it synchronously. */
export class EventWatch {
  readonly #counts = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  /** Runs synchronously on each event. */
  onEach: (event: SessionEvent) => void = () => undefined

  onEvent(event: SessionEvent): void {
    const cell = 'cellId' in event ? event.cellId : null
    for (const name of [event.type, `${event.type} ${cell}`]) this.#counts.set(name, this.count(name) + 1)
    this.onEach(event)
    for (const check of this.#waiting) check()
  }

  /** Returns how often an event occurred: `cell_evicted`, or `cell_evicted 3` for one cell. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Resolves when the event has occurred `count` times. */
  async waitFor(name: string, count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = (): void => {
      if (this.count(name) >= count) resolve()
    }
    this.#waiting.add(check)
    check()
    await promise
    this.#waiting.delete(check)
  }
}
