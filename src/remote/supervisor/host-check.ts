import type { HostPoolOptions } from '../../session/api/host-pool.ts'
import { createHostPool } from '../../session/hosts/create-host-pool.ts'

/** Starts a host and ends it, to learn whether this machine can run hosts. A success counts for good. */
export class HostCheck {
  readonly #options: HostPoolOptions
  #hasStarted = false

  constructor(options: Pick<HostPoolOptions, 'profile' | 'engine'>) {
    this.#options = options
  }

  /** @throws {CodecellError} `HOST_START_FAILED` */
  async run(): Promise<void> {
    if (this.#hasStarted) return
    await using pool = createHostPool({ ...this.#options, size: 1, warmIsolates: 0 })
    await pool.warm()
    this.#hasStarted = true
  }
}
