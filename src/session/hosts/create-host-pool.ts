import { CodecellError } from '../../errors.ts'
import { checkOptions } from '../../options/check-options.ts'
import type { HostPool, HostPoolOptions } from '../api/host-pool.ts'
import { hostPoolOptionNames, outsidePool } from '../api/option-names.ts'
import { findV8 } from '../../installation/v8-support.ts'
import { findModule } from '../../package/package-file.ts'
import { defaultEngine } from '../../protocol/default-engine.ts'
import { engineNamed, type EngineName } from '../../protocol/engine-name.ts'
import { missingEngineReason, type EnginePrint } from '../../protocol/engine-print.ts'
import type { Transport } from '../../protocol/transport.ts'
import { limitRanges } from '../common/limits.ts'
import { startChildTransport } from './process/child-transport.ts'
import { chooseEngine } from './choose-engine.ts'
import { takeEarlyHost } from './early-host.ts'
import type { HostNeeds, HostPlacer } from './host-placer.ts'
import { defaultMaxCells, defaultReleaseAfterMs, LocalHostPool } from './host-pool.ts'
import { localeOf, regionFor, timeZoneOf, type Region } from './process/region.ts'

const maxHosts = 64
const maxReleaseAfterMs = 86_400_000

/**
 * Creates a pool of host processes. The first session starts the processes. The caller disposes the pool.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or a value out of range: `size` and `max` are from 1 to 64, `min`
 * is from 0 to `max`, `releaseAfterMs` from 0 to 86,400,000, `warmIsolates` from 0 to 256, `maxCells` from 1 to 10,000
 * @example
 * ```ts
 * await using hosts = createHostPool({ min: 1, max: 4, profile: 'strict' })
 * await using session = await createSession({ hosts })
 * ```
 */
export function createHostPool(options: HostPoolOptions = {}): HostPool {
  return createPlacedPool({ place: placeHere }, options)
}

function placeHere(needs: HostNeeds): Transport {
  const early = takeEarlyHost(needs)
  if (early !== null) return early
  checkV8(needs)
  return startChildTransport(needs)
}

/** @throws {CodecellError} `HOST_START_FAILED` when the host must have V8 and isolated-vm cannot load */
function checkV8({ engineName = 'v8' }: HostNeeds): void {
  // The program of a host is missing, whatever its engine.
  if (engineName !== 'v8' || findModule('host/main') === null) return
  const v8 = findV8()
  if (v8.type === 'available') return
  const otherwise = 'or run new sessions on QuickJS with engine "quickjs" or "auto"; see docs/engines.md'
  throw new CodecellError('HOST_START_FAILED', `Cannot start a host with V8: ${v8.reason}. ${v8.advice}, ${otherwise}`)
}

/** Creates a pool whose hosts run where a placer decides. */
export function createPlacedPool(placer: HostPlacer, options: HostPoolOptions = {}): LocalHostPool {
  checkOptions('createHostPool', options, hostPoolOptionNames, outsidePool)
  const engine = poolEngineOf(placer, options)
  const { profile = 'default', warmIsolates = 8, memoryMb = limitRanges.maxMemoryMbPerCell.default } = options
  const { maxCells = defaultMaxCells, releaseAfterMs = defaultReleaseAfterMs } = options
  const sizes = sizesOf(options)
  check(releaseAfterMs, { ...ofPool, option: 'releaseAfterMs', from: 0, to: maxReleaseAfterMs })
  check(warmIsolates, { option: 'warmIsolates', action: 'keep isolates warm', what: 'an integer', from: 0, to: 256 })
  check(maxCells, { option: 'maxCells', action: 'create hosts', from: 1, to: 10_000 })
  const region = { timeZone: timeZoneOf(options.timeZone ?? 'UTC'), locale: localeOf(options.locale ?? 'en-US') }
  return new LocalHostPool({
    place: (print) =>
      placer.place({
        profile,
        memoryMb,
        engineName: engineNamed(print?.name ?? engine) ?? engine,
        ...needsFor(print, region),
      }),
    engine,
    engines: placer.isRemote === true ? 'remote' : 'regions',
    ...sizes,
    releaseAfterMs,
    warmIsolates,
    memoryMb,
    maxCells,
    ...(profile === 'strict' ? { maxMemoryMb: memoryMb } : {}),
  })
}

/** Returns the engine of new cells. Other machines decide about their own hosts, so `auto` takes V8 there. */
function poolEngineOf({ isRemote }: HostPlacer, { engine = defaultEngine }: HostPoolOptions): EngineName {
  return engine === 'auto' && isRemote === true ? 'v8' : chooseEngine(engine)
}

/** Returns the needs of a host with an engine; null for that of new cells. */
function needsFor(engine: EnginePrint | null, region: Region): Region & Pick<HostNeeds, 'engine'> {
  if (engine === null) return { ...region, engine }
  try {
    return { ...regionFor(engine, region), engine }
  } catch (cause) {
    // This machine does not know the time zone or the locale.
    throw new Error(missingEngineReason(engine), { cause })
  }
}

/** A range of integers. An error says that the action is impossible, and that it expected `what` in the range. */
type Range = {
  readonly option: keyof HostPoolOptions
  readonly action: string
  readonly what?: string
  readonly from: number
  readonly to: number
}

const ofPool = { action: 'create a pool of hosts' } as const

/** Returns the minimum and the maximum number of hosts. */
function sizesOf({ size, min, max }: HostPoolOptions): { readonly min: number; readonly max: number } {
  if (size !== undefined) {
    if (min !== undefined || max !== undefined) {
      throw new CodecellError(
        'INVALID_OPTION',
        'Cannot create a pool of hosts: expected size, or min and max, got both',
        {
          details: { option: 'size', value: size, expected: 'no size with min or max' },
        },
      )
    }
    check(size, { ...ofPool, option: 'size', what: 'a size', from: 1, to: maxHosts })
    return { min: size, max: size }
  }
  const isFixed = min === undefined && max === undefined
  const sizes = { min: min ?? (isFixed ? 2 : Math.min(1, max ?? 1)), max: max ?? Math.max(2, min ?? 2) }
  check(sizes.max, { ...ofPool, option: 'max', from: 1, to: maxHosts })
  check(sizes.min, { ...ofPool, option: 'min', from: 0, to: sizes.max })
  return sizes
}

function check(value: number, { option, action, what = option, from, to }: Range): void {
  if (Number.isSafeInteger(value) && value >= from && value <= to) return
  const range = `from ${from} to ${to.toLocaleString('en-US')}`
  throw new CodecellError('INVALID_OPTION', `Cannot ${action}: expected ${what} ${range}, got ${value}`, {
    details: { option, value, expected: `an integer from ${from} to ${to}` },
  })
}
