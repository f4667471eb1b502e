import type { HostProfile } from '../../protocol/message.ts'

/** The hosts that cells run on. Several sessions may share a pool. The caller that creates a pool disposes it. */
export interface HostPool extends AsyncDisposable {
  /** Whether the pool has been disposed: no cell starts on it. */
  readonly isDisposed: boolean
  /** Why recent starts of hosts failed, oldest first. */
  readonly failedStarts: readonly string[]
  /**
   * Starts a host, unless one is running, and resolves when it is ready.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host starts.
   */
  warm(): Promise<void>
}

export type HostPoolOptions = {
  /** How many host processes are kept. Default: 2. */
  readonly size?: number
  /** `strict` has no just-in-time compiler, a memory bound of the kernel and Node's permission model. */
  readonly profile?: HostProfile
  /** Isolates that each host keeps ready. Default: 8. */
  readonly warmIsolates?: number
  /**
   * Memory of the cells that are expected, in MiB: spare isolates are made for it. In the strict profile it is the most that cells
   * can have, because the kernel's bound is set when a host starts. Default: the session's default.
   */
  readonly memoryMb?: number
  /**
   * Cells that each host holds at a time. When all hosts are full, a cell that waits for a call or a timer gives its isolate to
   * one that has something to do. Default: 128.
   */
  readonly maxCells?: number
  /** Time zone of the cells, an IANA name. Default: `UTC`. */
  readonly timeZone?: string
  /** Locale of the cells, a BCP 47 tag. Default: `en-US`. */
  readonly locale?: string
}
