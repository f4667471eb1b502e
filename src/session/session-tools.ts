import type { Catalogue } from '../tools/catalogue.ts'
import type { HostPool } from './host-pool.ts'

/** One catalogue of a session and the cells that were started with it: hosts remember it until the last of them is closed. */
export class SessionTools {
  readonly catalogue: Catalogue
  /** The number that hosts know the catalogue by. */
  readonly id: number
  readonly #pool: HostPool
  #users = 0
  #isRetired = false

  constructor(catalogue: Catalogue, pool: HostPool) {
    this.catalogue = catalogue
    this.id = pool.nameCatalogue()
    this.#pool = pool
  }

  /** JSON text of `ALL_TOOLS`, for hosts that do not know it. */
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
