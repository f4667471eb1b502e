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

/** The options of `createHostPool`. */
export type HostPoolOptions = {
  /**
   * Number of host processes.
   *
   * @default 2
   */
  readonly size?: number
  /**
   * `strict` has no just-in-time compiler, a memory limit of the kernel and Node's permission model.
   *
   * @default 'default'
   */
  readonly profile?: HostProfile
  /**
   * Number of warm isolates of each host.
   *
   * @default 8
   */
  readonly warmIsolates?: number
  /**
   * Expected memory of a cell, in MiB: warm isolates are created for it. In the strict profile it is the maximum, because the
   * limit of the kernel is set when a host starts.
   *
   * @default the default of the limit `maxMemoryMbPerCell`
   */
  readonly memoryMb?: number
  /**
   * Maximum number of cells that a host holds. When all hosts are full, a cell that waits for a call or a timer releases its
   * isolate to a cell that can run.
   *
   * @default 128
   */
  readonly maxCells?: number
  /**
   * Time zone of the cells, an IANA name.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string
  /**
   * Locale of the cells, a BCP 47 tag.
   *
   * @default 'en-US'
   */
  readonly locale?: string
}
