import type { SessionEvent } from '../../../src/events/session-event.ts'

/** Hears a session, counts what it hears by kind and cell, and lets a test wait for it or act at that very moment. */
export class EventWatch {
  readonly #counts = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  /** Called at the moment of each activity. */
  onHear: (activity: SessionEvent) => void = () => undefined

  onEvent(activity: SessionEvent): void {
    const cell = 'cellId' in activity ? activity.cellId : null
    for (const name of [activity.type, `${activity.type} ${cell}`]) this.#counts.set(name, this.count(name) + 1)
    this.onHear(activity)
    for (const check of this.#waiting) check()
  }

  /** How often something has happened: `cell_evicted`, or `cell_evicted 3` for one cell. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Resolves when it has happened so often. */
  async heard(name: string, count: number): Promise<void> {
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
