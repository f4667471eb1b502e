import { remoteHosts, type HostPool, type HostPoolOptions } from '../../../src/index.ts'
import { startSupervisor } from '../../../src/remote/supervisor/start-supervisor.ts'
import type { Supervisor } from '../../../src/remote/supervisor/supervisor.ts'
import { LinkRelay } from './link-relay.ts'

/** Hosts of a supervisor in this process, behind links that a test can cut. */
export class LinkedHosts implements AsyncDisposable {
  readonly pool: HostPool
  readonly relay: LinkRelay
  readonly #supervisor: Supervisor

  private constructor(supervisor: Supervisor, relay: LinkRelay, options: HostPoolOptions) {
    this.#supervisor = supervisor
    this.relay = relay
    this.pool = remoteHosts({ addresses: [`127.0.0.1:${relay.port}`], tls: null, ...options })
  }

  static async start(options: HostPoolOptions = {}): Promise<LinkedHosts> {
    // Processes of links that were cut use their slots until they end.
    const supervisor = await startSupervisor({ listen: '127.0.0.1:0', tls: null, slots: 64 })
    return new LinkedHosts(supervisor, await LinkRelay.start(supervisor.port), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
    await this.relay[Symbol.asyncDispose]()
    await this.#supervisor[Symbol.asyncDispose]()
  }
}
