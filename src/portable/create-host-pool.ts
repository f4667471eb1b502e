import { CodecellError } from '../errors.ts'
import { InlineEngine } from '../host/quickjs/inline-engine.ts'
import { startInProcessHost } from '../host/in-process.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'
import type { Transport } from '../protocol/transport.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { limitRanges } from '../session/common/limits.ts'
import { defaultMaxCells, LocalHostPool } from '../session/hosts/host-pool.ts'
import { WorkerTransport, type HostWorker } from './worker-transport.ts'
import { moduleOf, type WasmSource } from './wasm-source.ts'

/** The options of a pool of hosts that need no process. */
export type HostPoolOptions = {
  /** The module `codecell/quickjs.wasm`, or its bytes where a platform compiles them. */
  readonly wasm: WasmSource
  /**
   * Starts a worker whose module calls `serveHost` of `codecell/portable/worker`. Each host has a worker. Without it, cells run on the
   * thread of the caller and block it, and a program that loops ends at its CPU limit only.
   */
  readonly worker?: () => HostWorker
  /**
   * Maximum number of workers, from 1 to 64. Without workers there is one host.
   *
   * @default 1
   */
  readonly max?: number
  /**
   * Number of warm isolates of each host, from 0 to 256.
   *
   * @default 1
   */
  readonly warmIsolates?: number
  /**
   * Expected memory limit of a cell, in MiB, which warm isolates have.
   *
   * @default the default of the limit `maxMemoryMbPerCell`
   */
  readonly memoryMb?: number
  /**
   * Maximum number of cells on each host, from 1 to 10,000.
   *
   * @default 128
   */
  readonly maxCells?: number
}

const hostPoolOptionNames: OptionNames<HostPoolOptions> = {
  wasm: 'any',
  worker: 'function',
  max: 'any',
  warmIsolates: 'any',
  memoryMb: 'any',
  maxCells: 'any',
}

/**
 * Creates a pool of hosts in workers, or of one host on this thread. The caller must dispose it.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or an invalid value
 * @example
 * ```ts
 * const worker = () => new Worker(new URL('./host-worker.js', import.meta.url), { type: 'module' })
 * await using hosts = createHostPool({ wasm, worker, max: 2 })
 * ```
 */
export function createHostPool(options: HostPoolOptions): HostPool {
  checkOptions('createHostPool', options, hostPoolOptionNames)
  const { worker, max = 1, warmIsolates = 1, maxCells = defaultMaxCells } = options
  const memoryMb = options.memoryMb ?? limitRanges.maxMemoryMbPerCell.default
  checkInteger('max', max, 1, 64)
  checkInteger('warmIsolates', warmIsolates, 0, 256)
  checkInteger('maxCells', maxCells, 1, 10_000)
  const wasm = moduleOf(options.wasm)
  const engine = new InlineEngine(wasm)
  return new LocalHostPool({
    place: () => (worker === undefined ? startHostHere(engine) : new WorkerTransport(worker(), wasm)),
    min: 1,
    engine: 'quickjs',
    max: worker === undefined ? 1 : max,
    warmIsolates,
    memoryMb,
    maxCells,
  })
}

/** Starts a host on this thread. Its hosts share the engine, which takes a while to start. */
function startHostHere(engine: InlineEngine): Transport {
  return startInProcessHost(() => Promise.resolve(engine))
}

function checkInteger(option: keyof HostPoolOptions, value: number, from: number, to: number): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return
  const expected = `an integer from ${from} to ${to.toLocaleString('en-US')}`
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot create a pool of hosts: expected ${option} as ${expected}, got ${value}`,
    { details: { option, value, expected } },
  )
}
