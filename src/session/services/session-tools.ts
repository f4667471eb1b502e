import type { Catalogue } from '../../tools/catalogue.ts'
import { hostedBody, type HostedCatalogue } from '../hosts/hosted-catalogue.ts'
import type { LocalHostPool } from '../hosts/host-pool.ts'

/** A catalogue of a session, with a count of its open cells. Hosts retain the catalogue until the last of these cells closes. */
export class SessionTools implements HostedCatalogue {
  readonly catalogue: Catalogue
  /** The number of the catalogue in host messages. */
  readonly id: number
  readonly #pool: LocalHostPool
  #users = 0
  #isRetired = false

  constructor(catalogue: Catalogue, pool: LocalHostPool) {
    this.catalogue = catalogue
    this.id = pool.nameCatalogue()
    this.#pool = pool
  }

  /** The content that each host receives once: the JSON of `ALL_TOOLS`, or only the names when there are many tools. */
  get body(): string {
    return hostedBody(
      this.json,
      this.catalogue.entries.map(({ identifier }) => identifier),
    )
  }

  /** The JSON of `ALL_TOOLS`, for a cell that reads it. */
  get json(): string {
    return this.catalogue.json
  }

  use(): void {
    this.#users++
  }

  release(): void {
    this.#users--
    this.#forgetUnused()
  }

  /** Marks the catalogue as replaced: no further cell starts with it. */
  retire(): void {
    this.#isRetired = true
    this.#forgetUnused()
  }

  #forgetUnused(): void {
    if (this.#isRetired && this.#users === 0) this.#pool.forgetCatalogue(this.id)
  }
}
