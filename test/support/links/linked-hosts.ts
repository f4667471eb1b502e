import type { HostPoolOptions } from '../../../src/index.ts'
import { createPlacedPool } from '../../../src/session/hosts/create-host-pool.ts'
import type { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'
import { HostServer } from './host-server.ts'
import { LinkRelay } from './link-relay.ts'
import { LinkTransport } from './link-transport.ts'

/** Host processes behind TCP links that a test can cut. */
export class LinkedHosts implements AsyncDisposable {
  readonly pool: LocalHostPool
  readonly relay: LinkRelay
  readonly #server: HostServer

  private constructor(server: HostServer, relay: LinkRelay, options: HostPoolOptions) {
    this.#server = server
    this.relay = relay
    this.pool = createPlacedPool({ place: () => new LinkTransport(relay.port) }, options)
  }

  static async start(options: HostPoolOptions = {}): Promise<LinkedHosts> {
    const needs = { profile: 'default', memoryMb: 256, timeZone: 'UTC', locale: 'en-US' } as const
    const server = await HostServer.start(needs)
    return new LinkedHosts(server, await LinkRelay.start(server.port), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
    await this.relay[Symbol.asyncDispose]()
    await this.#server[Symbol.asyncDispose]()
  }
}
