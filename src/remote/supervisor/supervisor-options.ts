import type { EngineChoice } from '../../protocol/engine-name.ts'
import type { LinkTls } from '../link/certificates.ts'

/** The options of `startSupervisor`. */
export type SupervisorOptions = {
  /** The address to listen on, as `HOST:PORT`, or `:PORT` for all addresses of the machine. Port 0 takes a free one. */
  readonly listen: string
  /**
   * The address for probes over HTTP, as `listen`: `/healthz` and `/readyz`.
   *
   * @default none
   */
  readonly healthListen?: string
  /** Certificates; null for plain TCP, on a loopback address only. */
  readonly tls: LinkTls | null
  /**
   * Maximum number of host processes, from 1 to 10,000.
   *
   * @default twice the number of CPUs
   */
  readonly slots?: number
  /**
   * Maximum number of host processes of one tenant, from 1 to `slots`.
   *
   * @default `slots`
   */
  readonly tenantSlots?: number
  /**
   * Maximum memory limit of a cell that a node can ask for, in MiB, from 32 to 4096.
   *
   * @default 4096
   */
  readonly memoryMb?: number
  /**
   * Memory of a host process above which it is ended, in MiB, from 128 to 1,048,576.
   *
   * @default no maximum: nodes end a process whose cells exceed their limits
   */
  readonly processMemoryMb?: number
  /**
   * The engine of the hosts of nodes that ask for none. Nodes with `engine: 'quickjs'` ask for it. `auto`: V8 if isolated-vm loads on
   * this machine, otherwise QuickJS.
   *
   * @default 'v8'
   */
  readonly engine?: EngineChoice
  /**
   * Whether only hosts with the strict profile are accepted.
   *
   * @default false
   */
  readonly strictOnly?: boolean
  /**
   * Time without a sign of life of a node after which its process is killed, in milliseconds, from 100 to 3,600,000.
   *
   * @default 10000
   */
  readonly silenceMs?: number
  /**
   * Folders of installed packages of codecell of other versions, whose hosts nodes can ask for. A package `node` next to one runs its
   * hosts, else the Node of the supervisor does.
   *
   * @default none: only the hosts of this version
   */
  readonly builds?: readonly string[]
  /** Called with problems of connections, for the operator. */
  readonly onProblem?: (message: string) => void
}
