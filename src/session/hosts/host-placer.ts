import type { Transport } from '../../protocol/transport.ts'
import type { HostCommandOptions } from './host-command.ts'

/** The properties of the hosts of a pool. */
export type HostNeeds = HostCommandOptions

/** Decides where the hosts of a pool run: on this machine, or on others behind links. */
export interface HostPlacer {
  /**
   * Starts a host, and returns a transport to it. When the start fails later, the transport ends.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host can be started
   */
  place(needs: HostNeeds): Transport
}
