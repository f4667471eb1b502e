import type { Catalogue } from '../tools/catalogue.ts'
import { hostedBody, type HostedCatalogue } from './hosts/hosted-catalogue.ts'
import type { LocalHostPool } from './hosts/host-pool.ts'

/** One catalogue of a session and the cells that were started with it: hosts remember it until the last of them is closed. */
export class SessionTools implements HostedCatalogue {
  readonly catalogue: Catalogue
  /** The number that hosts know the catalogue by. */
  readonly id: number
  readonly #pool: LocalHostPool
  #users = 0
  #isRetired = false

  constructor(catalogue: Catalogue, pool: LocalHostPool) {
    this.catalogue = catalogue
    this.id = pool.nameCatalogue()
    this.#pool = pool
  }

  /** What hosts are sent once: the JSON text of `ALL_TOOLS`, or of many tools the names alone. */
  get body(): string {
    return hostedBody(
      this.json,
      this.catalogue.entries.map(({ identifier }) => identifier),
    )
  }

  /** JSON text of `ALL_TOOLS`, for a cell that looks at it. */
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

  /** No further cell starts with it. */
  retire(): void {
    this.#isRetired = true
    this.#forgetUnused()
  }

  #forgetUnused(): void {
    if (this.#isRetired && this.#users === 0) this.#pool.forgetCatalogue(this.id)
  }
}
