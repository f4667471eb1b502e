import type { Session } from '../../session/api/session-options.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import type { Tool } from '../../tools/tool.ts'

/** The lists of tools that cells of one session can start with, for SDKs that choose tools per turn of the model. */
export class ToolLists {
  readonly #session: Session
  readonly #catalogues = new WeakMap<readonly Tool[], Catalogue>()
  #starting: Promise<void> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
  }

  catalogueOf(tools: readonly Tool[]): Catalogue {
    const known = this.#catalogues.get(tools)
    if (known !== undefined) return known
    // Only a session can build catalogues. A cell that is starting keeps the catalogue that it chose.
    const current = this.#session.catalogue
    this.#session.setTools(tools)
    const { catalogue } = this.#session
    this.#session.setTools(current)
    this.#catalogues.set(tools, catalogue)
    return catalogue
  }

  use(tools: readonly Tool[]): void {
    const catalogue = this.catalogueOf(tools)
    if (catalogue !== this.#session.catalogue) this.#session.setTools(catalogue)
  }

  /** Waits until no other cell is between choosing its tools and its start. The returned function ends the turn. */
  async turnToStart(): Promise<() => void> {
    const before = this.#starting
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#starting = promise
    await before
    return resolve
  }
}
