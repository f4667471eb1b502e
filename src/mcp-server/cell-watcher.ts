import type { FollowEvent } from '../session/api/follow-event.ts'
import type { Session } from '../session/api/session-options.ts'

/** A client that has a session once it runs something. */
export type SessionHolder = { readonly session: Session | null }

/** Follows cells for one who only wants to know what they do. */
export class CellWatcher implements Disposable {
  readonly #client: SessionHolder
  readonly #hear: (event: FollowEvent) => void
  readonly #controller = new AbortController()

  constructor(client: SessionHolder, hear: (event: FollowEvent) => void) {
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
