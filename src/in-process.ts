import './installation/check-node.ts'
import { startInProcessHost } from './host/in-process.ts'
import { loadInProcessEngine } from './host/load-engine.ts'
import { checkInProcessV8, inProcessEngine } from './installation/in-process-engine.ts'
import { checkOptions, type OptionNames } from './options/check-options.ts'
import { engineChoices, type EngineChoice } from './protocol/engine-name.ts'
import type { HostPool } from './session/api/host-pool.ts'
import { limitRanges } from './session/common/limits.ts'
import { LocalHostPool } from './session/hosts/host-pool.ts'

export type { EngineChoice } from './protocol/engine-name.ts'

/** The options of `inProcessHostPool`. */
export type InProcessHostPoolOptions = {
  /**
   * The engine of the cells. `auto`: V8 if isolated-vm loads and Node runs with `--no-node-snapshot`, otherwise QuickJS.
   *
   * @default 'auto'
   */
  readonly engine?: EngineChoice
}

const optionNames: OptionNames<InProcessHostPoolOptions> = { engine: engineChoices }

/**
 * Creates a pool with one host in the current process, for places without child processes, for bundles and for tests. Nothing monitors
 * the memory of the process. With QuickJS, cells run on worker threads. With V8, a cell that crashes V8 ends the process.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option; `HOST_START_FAILED` with `engine: 'v8'` when this process cannot run
 * V8 isolates
 * @example
 * ```ts
 * import { createSession } from 'codecell'
 * import { inProcessHostPool } from 'codecell/in-process'
 *
 * await using hosts = inProcessHostPool({ engine: 'quickjs' })
 * await using session = await createSession({ hosts })
 * ```
 */
export function inProcessHostPool(options: InProcessHostPoolOptions = {}): HostPool {
  checkOptions('inProcessHostPool', options, optionNames)
  const engine = inProcessEngine(options.engine ?? 'auto')
  if (engine === 'v8') checkInProcessV8()
  return new LocalHostPool({
    place: () => startInProcessHost(() => loadInProcessEngine(engine)),
    engine,
    min: 1,
    max: 1,
    warmIsolates: 2,
    memoryMb: limitRanges.maxMemoryMbPerCell.default,
  })
}
