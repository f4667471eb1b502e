import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Transport } from '../../protocol/transport.ts'
import type { HostCommandOptions } from './process/host-command.ts'

/** The properties of the hosts of a pool. */
export type HostNeeds = HostCommandOptions & {
  /**
   * The engine that the host must have, with the time zone and locale of these needs.
   *
   * @default null, for any
   */
  readonly engine?: EnginePrint | null
}

/** Decides where the hosts of a pool run: on this machine, or on others behind links. */
export interface HostPlacer {
  /**
   * Whether the hosts run on other machines, which can get more engines at any time.
   *
   * @default false
   */
  readonly isRemote?: boolean
  /**
   * Starts a host, and returns a transport to it. When the start fails later, the transport ends. Its reason is
   * `missingEngineReason` when no host with the engine can be started.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host can be started
   */
  place(needs: HostNeeds): Transport
}
