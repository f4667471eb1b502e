import type { EngineChoice } from '../../protocol/engine-name.ts'
import type { HostProfile } from '../../protocol/message.ts'

/** The hosts that run cells. Several sessions can share a pool. The caller that creates a pool must dispose it. */
export interface HostPool extends AsyncDisposable {
  /** Whether the pool is disposed. Cells cannot start on a disposed pool. */
  readonly isDisposed: boolean
  /** Reasons of the latest 100 failed starts of hosts, oldest first. */
  readonly failedStarts: readonly string[]
  /**
   * Starts a host unless one is running. Resolves when a host is ready.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host starts.
   */
  warm(): Promise<void>
}

/** The options of `createHostPool`. */
export type HostPoolOptions = {
  /**
   * Number of host processes, from 1 to 64. It sets `min` and `max`, which cannot be set in addition.
   *
   * @default 2
   */
  readonly size?: number
  /**
   * Minimum number of host processes, from 0 to `max`. Idle hosts are released down to it. They start when cells need them.
   *
   * @default 1 when `max` is set, otherwise `size`
   */
  readonly min?: number
  /**
   * Maximum number of host processes, from 1 to 64. Above `min`, hosts start while cells wait for a slot.
   *
   * @default 2, or `min` if it is greater
   */
  readonly max?: number
  /**
   * Time without cells after which a host above `min` is released, in milliseconds, up to a day.
   *
   * @default 60000
   */
  readonly releaseAfterMs?: number
  /**
   * The engine of the cells. `auto`: V8 if isolated-vm loads, otherwise QuickJS; a process warning says once which. On other machines,
   * `auto` takes V8. See `docs/engines.md`.
   *
   * @default 'v8'
   */
  readonly engine?: EngineChoice
  /**
   * Isolation of the host processes. `strict`, on Linux only, disables the just-in-time compiler, and enables a memory limit of the
   * kernel and the permission model of Node.
   *
   * @default 'default'
   */
  readonly profile?: HostProfile
  /**
   * Number of warm isolates of each host, from 0 to 256.
   *
   * @default 8
   */
  readonly warmIsolates?: number
  /**
   * Expected memory limit of a cell, in MiB, which warm isolates have. In the strict profile it is also the maximum, because the
   * limit of the kernel is set when a host starts.
   *
   * @default the default of the limit `maxMemoryMbPerCell`
   */
  readonly memoryMb?: number
  /**
   * Maximum number of cells on each host, from 1 to 10,000. When all hosts are full, cells that wait for a call or a timer are
   * evicted.
   *
   * @default 128
   */
  readonly maxCells?: number
  /**
   * Time zone of the cells: an IANA name such as `Europe/Paris`.
   *
   * @default 'UTC'
   */
  readonly timeZone?: string
  /**
   * Locale of the cells: a BCP 47 language tag such as `fr-FR`.
   *
   * @default 'en-US'
   */
  readonly locale?: string
}
