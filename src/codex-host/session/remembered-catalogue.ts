import type { EnabledTool } from './enabled-tools.ts'

/** A request that names a catalogue revision which the session cannot use. */
export class CatalogueRevisionError extends Error {}

type Remembered = { readonly revision: bigint; readonly tools: readonly EnabledTool[]; readonly key: string }

/**
 * The newest catalogue of a session. An agent sends its tools once with a revision, and refers to them by that revision
 * and an empty list.
 */
export class RememberedCatalogue {
  #remembered: Remembered | null = null

  /**
   * Returns the tools of an execute. A null revision means the tools as sent.
   *
   * @throws {CatalogueRevisionError} For revision 0, an unknown revision, or one that has other tools
   */
  resolve(revision: bigint | null, tools: readonly EnabledTool[]): readonly EnabledTool[] {
    if (revision === null) return tools
    if (revision === 0n) throw new CatalogueRevisionError('invalid code-mode catalog revision')
    const known = this.#remembered?.revision === revision ? this.#remembered : null
    if (tools.length === 0) {
      if (known !== null) return known.tools
      throw new CatalogueRevisionError('unknown code-mode catalog revision')
    }
    const key = JSON.stringify(tools)
    if (known === null) {
      this.#remembered = { revision, tools, key }
      return tools
    }
    if (known.key === key) return known.tools
    throw new CatalogueRevisionError('conflicting code-mode catalog revision')
  }
}
