import type { HostProfile } from '../../protocol/message.ts'
import { createHostPool } from '../../session/hosts/create-host-pool.ts'

/** Starts a host of a profile and ends it, to learn whether this machine can run hosts. A success counts for good. */
export class HostCheck {
  readonly #profile: HostProfile
  #hasStarted = false

  constructor(profile: HostProfile) {
    this.#profile = profile
  }

  /** @throws {CodecellError} `HOST_START_FAILED` */
  async run(): Promise<void> {
    if (this.#hasStarted) return
    await using pool = createHostPool({ size: 1, warmIsolates: 0, profile: this.#profile })
    await pool.warm()
    this.#hasStarted = true
  }
}
