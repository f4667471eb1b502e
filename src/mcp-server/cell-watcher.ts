import type { FollowEvent } from '../session/api/follow-event.ts'
import type { ClientSession } from './client-session.ts'

/** Follows cells for one who only wants to know what they do. */
export class CellWatcher implements Disposable {
  readonly #client: ClientSession
  readonly #hear: (event: FollowEvent) => void
  readonly #controller = new AbortController()

  constructor(client: ClientSession, hear: (event: FollowEvent) => void) {
    this.#client = client
    this.#hear = hear
  }

  watch(cellIds: readonly string[]): void {
    for (const cellId of cellIds) this.#follow(cellId).catch(() => undefined)
  }

  /** Ends with the cell, the session, or the watcher. */
  async #follow(cellId: string): Promise<void> {
    const { session } = this.#client
    if (session === null) return
    const { signal } = this.#controller
    for await (const event of session.follow(cellId, { takesOutput: false, signal })) this.#hear(event)
  }

  [Symbol.dispose](): void {
    this.#controller.abort(new Error('nobody watches any more'))
  }
}
