import { CodecellError } from '../../../errors.ts'
import { checkOptions, type OptionNames } from '../../../options/check-options.ts'
import { LogStore, type SharedStore } from '../../../storage/shared/shared-store.ts'
import type { CodecellMcpServer } from '../../create-mcp-server.ts'
import { serverInternalsOf, type ServerInternals } from '../../server-internals.ts'
import type { CallerShares } from '../clients/caller-shares.ts'
import { FleetClients } from './fleet-clients.ts'
import { checkPeerTls, type PeerTls } from './peer-tls.ts'
import { SessionIdKey } from './session-ids.ts'

/** Several servers that share a store. Each serves every client. */
export type FleetOptions = {
  /**
   * The keys of the ids of MCP sessions, of at least 32 characters. They must be the same in all servers. The first signs; all are
   * accepted, so that a key can be replaced.
   */
  readonly keys: readonly string[]
  /**
   * The port for the other servers. They connect to the `address` of the store, which must be a URL of this port.
   *
   * @default none: requests for the sessions of other servers are refused with 503
   */
  readonly peer?: PeerOptions
  /**
   * Time without a request after which a session whose cells only wait is released, in milliseconds.
   *
   * @default 60000
   */
  readonly hibernateMs?: number
}

export type PeerOptions = {
  readonly address: string
  readonly port: number
  /** Certificates; null for plain HTTP, which is allowed on loopback. */
  readonly tls: PeerTls | null
  /**
   * Allows plain HTTP on other addresses, for a network that encrypts by itself.
   *
   * @default false
   */
  readonly plain?: boolean
}

const fleetNames: OptionNames<FleetOptions> = { keys: 'any', peer: 'any', hibernateMs: 'any' }
const peerNames: OptionNames<PeerOptions> = { address: 'any', port: 'any', tls: 'any', plain: 'boolean' }

export type OpenFleetOptions = {
  readonly maxClients: number
  readonly shares: CallerShares
  readonly hasTenants: boolean
  readonly onError: (error: Error) => void
}

/**
 * Creates the clients of a server of a fleet.
 *
 * @throws {CodecellError} `INVALID_OPTION`, `STORE_UNREACHABLE`
 */
export async function openFleet(
  server: CodecellMcpServer,
  fleet: FleetOptions,
  { maxClients, shares, hasTenants, onError }: OpenFleetOptions,
): Promise<FleetClients> {
  checkOptions('fleet', fleet, fleetNames)
  const { keys, peer, hibernateMs = 60_000 } = fleet
  const key = new SessionIdKey(keys)
  if (!Number.isSafeInteger(hibernateMs) || hibernateMs < 0) {
    throw invalid('hibernateMs', 'milliseconds as an integer')
  }
  const { internals, store } = storedServer(server)
  if (peer !== undefined) {
    checkOptions('peer', peer, peerNames)
    checkPeerTls(peer.address, { tls: peer.tls, plain: peer.plain === true })
    const { node } = await LogStore.logsOf(store)
    if (node.url === null) throw invalid('peer', 'a store with the option "address", a URL of this port')
  }
  const tls = peer?.tls ?? null
  return new FleetClients({ server, internals, store, key, hibernateMs, maxClients, shares, tls, hasTenants, onError })
}

function storedServer(server: CodecellMcpServer): { readonly internals: ServerInternals; readonly store: SharedStore } {
  const internals = serverInternalsOf(server)
  const store = internals?.store ?? null
  if (internals === null || store === null) throw invalid('fleet', 'a server with the option "store"')
  return { internals, store }
}

function invalid(option: string, expected: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of a fleet: expected ${expected}`, {
    details: { option, expected },
  })
}
