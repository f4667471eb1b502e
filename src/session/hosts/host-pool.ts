import { CodecellError } from '../../errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import { startChildTransport } from './child-transport.ts'
import { HostGroup, type SlotRequest } from './host-group.ts'
import { Host } from './host.ts'
import { HostStarts } from './host-starts.ts'
import { keepingAlive } from '../common/timing.ts'
import { limitRanges } from '../common/limits.ts'
import { DedicatedHosts } from './dedicated-hosts.ts'
import { checkOptions } from '../../options/check-options.ts'
import type { HostPool, HostPoolOptions } from '../api/host-pool.ts'
import { hostPoolOptionNames, outsidePool } from '../api/option-names.ts'

/** The parts of a pool. */
export type HostPoolInit = {
  readonly start: () => Transport
  readonly size: number
  readonly warmIsolates: number
  /** Expected memory of a cell, in MiB. */
  readonly memoryMb: number
  readonly maxCells?: number
  /**
   * Maximum duration of the start of a host, in milliseconds.
   *
   * @default 30000
   */
  readonly startMs?: number
  /**
   * Maximum memory limit of a cell on these hosts, in MiB.
   *
   * @default Infinity
   */
  readonly maxMemoryMb?: number
}

const defaultMaxCells = 128

/** The session that has its own hosts; null for hosts that all sessions share. */
type Owner = object | null

/** A pool of hosts on this machine: host processes, or one host in this process. */
export class LocalHostPool implements HostPool {
  readonly #init: HostPoolInit
  readonly #groups = new Map<Owner, HostGroup>()
  readonly #dedicated: DedicatedHosts
  readonly #starts = new HostStarts(() => this.#onTrouble())
  /** Releases in progress. The disposal of the pool waits for them. */
  readonly #releases = new Set<Promise<void>>()
  #nextCatalogue = 1

  constructor(init: HostPoolInit) {
    this.#init = init
    this.#dedicated = new DedicatedHosts({
      start: () => this.#start(true, () => this.#dedicated),
      starts: this.#starts,
      release: (host) => this.release(host),
    })
  }

  get isDisposed(): boolean {
    return this.#starts.isClosed
  }

  get failedStarts(): readonly string[] {
    return this.#starts.failed
  }

  async warm(): Promise<void> {
    await this.warmFor(null)
  }

  /**
   * Resolves when a host for `owner` is ready.
   *
   * @throws {CodecellError} `HOST_START_FAILED` when no host starts.
   */
  async warmFor(owner: Owner): Promise<void> {
    await this.#groupOf(owner).warm()
  }

  /**
   * Checks a memory limit of a cell, in MiB.
   *
   * @throws {CodecellError} `INVALID_OPTION` when these hosts cannot provide it
   */
  checkMemory(memoryMb: number): void {
    const { maxMemoryMb = Infinity } = this.#init
    if (memoryMb <= maxMemoryMb) return
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot set limit "maxMemoryMbPerCell" to ${memoryMb} on this pool: expected at most ${maxMemoryMb} MiB, the memory of its strict hosts; create the pool with createHostPool({ profile: 'strict', memoryMb: ${memoryMb} })`,
      { details: { option: 'limits.maxMemoryMbPerCell', value: memoryMb, expected: `at most ${maxMemoryMb}` } },
    )
  }

  /** Returns a new number for a catalogue. */
  nameCatalogue(): number {
    return this.#nextCatalogue++
  }

  forgetCatalogue(catalogue: number): void {
    for (const host of this.#hosts()) host.forgetCatalogue(catalogue)
  }

  /** Requests a slot on a host of `owner`. `onSlot` is called when it is the turn of the cell, possibly synchronously. */
  requestSlot(owner: Owner, request: SlotRequest): void {
    this.#groupOf(owner).requestSlot(request)
  }

  /** Requests a dedicated host, which the cell must release with `release`. */
  requestDedicatedHost(request: SlotRequest): void {
    this.#dedicated.requestSlot(request)
  }

  /** Withdraws a request for a slot. */
  withdraw(request: SlotRequest): void {
    this.#dedicated.withdraw(request)
    for (const group of this.#groups.values()) group.withdraw(request)
  }

  /** Disposes a host. */
  async release(host: Host): Promise<void> {
    const released = host.dispose()
    this.#releases.add(released)
    this.#dedicated.remove(host)
    for (const group of this.#groups.values()) group.remove(host)
    await released
    this.#releases.delete(released)
  }

  /** Disposes the hosts of an owner. */
  async releaseOwner(owner: object): Promise<void> {
    const owned = [...(this.#groups.get(owner)?.hosts ?? [])]
    this.#groups.delete(owner)
    await Promise.all(owned.map((host) => this.release(host)))
  }

  #groupOf(owner: Owner): HostGroup {
    const existing = this.#groups.get(owner)
    if (existing !== undefined) return existing
    const { size, maxCells = defaultMaxCells } = this.#init
    const group: HostGroup = new HostGroup({
      size: owner === null ? size : 1,
      maxCells,
      start: () => this.#start(false, () => group),
      starts: this.#starts,
      release: (host) => this.release(host),
    })
    this.#groups.set(owner, group)
    return group
  }

  #groupWith(host: Host): HostGroup | null {
    return this.#groups.values().find(({ hosts }) => hosts.has(host)) ?? null
  }

  *#hosts(): Generator<Host> {
    for (const group of this.#groups.values()) yield* group.hosts
    yield* this.#dedicated.hosts
  }

  #start(isDedicated: boolean, hostsOf: () => HostGroup | DedicatedHosts): Host {
    const { start, warmIsolates, memoryMb, startMs } = this.#init
    return this.#starts.begin(
      () =>
        new Host(start(), {
          warmIsolates: isDedicated ? 1 : warmIsolates,
          memoryMb,
          isDedicated,
          ...(startMs === undefined ? {} : { startMs }),
          onGone: (gone) => hostsOf().remove(gone),
          onChange: () => hostsOf().onChange(),
          onGrown: (grown) => void this.#groupWith(grown)?.replace(grown),
        }),
    )
  }

  #onTrouble(): void {
    const { trouble } = this.#starts
    this.#dedicated.onTrouble(trouble)
    for (const group of this.#groups.values()) group.onTrouble(trouble)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#starts.close()
    const released = [...this.#hosts()].map((host) => this.release(host))
    await keepingAlive(Promise.all([...released, ...this.#releases]))
  }
}

/**
 * Returns the local pool behind `hosts`.
 *
 * @throws {CodecellError} `INVALID_OPTION` when `hosts` is not a pool of this package.
 */
export function localPoolOf(hosts: HostPool): LocalHostPool {
  if (hosts instanceof LocalHostPool) return hosts
  throw new CodecellError('INVALID_OPTION', 'Cannot use option "hosts": expected a pool from createHostPool()', {
    details: { option: 'hosts', expected: 'a pool from createHostPool()' },
  })
}

/**
 * Creates a pool of host processes. The first session starts the processes. The caller disposes the pool.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or a value out of range: `size` is from 1 to 64,
 * `warmIsolates` from 0 to 256, `maxCells` from 1 to 10,000
 * @example
 * ```ts
 * await using hosts = createHostPool({ size: 4, profile: 'strict' })
 * await using session = await createSession({ hosts })
 * ```
 */
export function createHostPool(options: HostPoolOptions = {}): HostPool {
  checkOptions('createHostPool', options, hostPoolOptionNames, outsidePool)
  const { size = 2, profile = 'default', warmIsolates = 8, memoryMb = limitRanges.maxMemoryMbPerCell.default } = options
  const { maxCells = defaultMaxCells } = options
  if (!Number.isSafeInteger(size) || size < 1 || size > 64) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot create a pool of hosts: expected a size from 1 to 64, got ${size}`,
      {
        details: { option: 'size', value: size, expected: 'an integer from 1 to 64' },
      },
    )
  }
  if (!Number.isSafeInteger(warmIsolates) || warmIsolates < 0 || warmIsolates > 256) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot keep isolates warm: expected an integer from 0 to 256, got ${warmIsolates}`,
      {
        details: { option: 'warmIsolates', value: warmIsolates, expected: 'an integer from 0 to 256' },
      },
    )
  }
  if (!Number.isSafeInteger(maxCells) || maxCells < 1 || maxCells > 10_000) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot create hosts: expected maxCells from 1 to 10,000, got ${maxCells}`,
      { details: { option: 'maxCells', value: maxCells, expected: 'an integer from 1 to 10000' } },
    )
  }
  const region = { timeZone: timeZoneOf(options.timeZone ?? 'UTC'), locale: localeOf(options.locale ?? 'en-US') }
  return new LocalHostPool({
    start: () => startChildTransport({ profile, memoryMb, ...region }),
    size,
    warmIsolates,
    memoryMb,
    maxCells,
    ...(profile === 'strict' ? { maxMemoryMb: memoryMb } : {}),
  })
}

function timeZoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use time zone "${name}": expected an IANA name`, {
      cause,
      details: { option: 'timeZone', value: name, expected: 'an IANA name' },
    })
  }
}

function localeOf(tag: string): string {
  try {
    return new Intl.Locale(tag).toString()
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use locale "${tag}": expected a BCP 47 tag`, {
      cause,
      details: { option: 'locale', value: tag, expected: 'a BCP 47 tag' },
    })
  }
}
