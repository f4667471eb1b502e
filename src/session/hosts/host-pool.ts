import { CodecellError } from '../../errors.ts'
import type { HostProfile } from '../../protocol/message.ts'
import type { Transport } from '../../protocol/transport.ts'
import { startChildTransport } from './child-transport.ts'
import { HostGroup, type PlaceSeeker } from './host-group.ts'
import { Host } from './host.ts'
import { HostStarts } from './host-starts.ts'
import { stayingAlive } from '../staying-alive.ts'
import { limitRanges } from '../limits.ts'
import { LoneHosts } from './dedicated-hosts.ts'
import { checkOptions } from '../../options/check-options.ts'
import { hostPoolOptionNames, outsidePool } from '../api/option-names.ts'

export type HostPoolOptions = {
  /** How many host processes are kept. Default: 2. */
  readonly size?: number
  /** `strict` has no just-in-time compiler, a memory bound of the kernel and Node's permission model. */
  readonly profile?: HostProfile
  /** Isolates that each host keeps ready. Default: 8. */
  readonly spares?: number
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

/** What a pool is made of: how to start one host, and how many. */
export type HostPoolParts = {
  readonly start: () => Transport
  readonly size: number
  readonly spares: number
  readonly memoryMb: number
  readonly maxCells?: number
  /** How long a host may take to start, in milliseconds. Default: 30 s. */
  readonly startMs?: number
  /** The most that a cell can have on these hosts, in MiB. Default: no bound of theirs. */
  readonly maxMemoryMb?: number
}

const defaultMaxCells = 128

/** Whose cells a host takes: everybody's, or those of one owner. */
type Owner = object | null

/** The hosts that cells run on. Sessions may share a pool; whoever made it disposes it. */
export class HostPool implements AsyncDisposable {
  readonly #parts: HostPoolParts
  readonly #groups = new Map<Owner, HostGroup>()
  readonly #lone: LoneHosts
  readonly #starts = new HostStarts(() => this.#troubled())
  /** Hosts that are going: whoever disposes the pool waits for them too. */
  readonly #releases = new Set<Promise<void>>()
  #nextCatalogue = 1

  constructor(parts: HostPoolParts) {
    this.#parts = parts
    this.#lone = new LoneHosts({
      start: () => this.#start(true, () => this.#lone),
      starts: this.#starts,
      release: (host) => this.release(host),
    })
  }

  get isDisposed(): boolean {
    return this.#starts.isClosed
  }

  /** Why starts of hosts failed lately, the last one last. */
  get failedStarts(): readonly string[] {
    return this.#starts.failed
  }

  /** Resolves when a host for `owner` is running. Throws `HOST_START_FAILED`. */
  async warm(owner: Owner): Promise<void> {
    await this.#groupOf(owner).warm()
  }

  /** Throws `INVALID_OPTION` when cells cannot have so much memory on these hosts, in MiB. */
  checkMemory(memoryMb: number): void {
    const { maxMemoryMb = Infinity } = this.#parts
    if (memoryMb <= maxMemoryMb) return
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot set limit "memoryMb" to ${memoryMb} on this pool: its strict hosts are started for ${maxMemoryMb} MiB; make the pool with createHostPool({ profile: 'strict', memoryMb: ${memoryMb} })`,
    )
  }

  /** A number under which hosts remember a catalogue. */
  nameCatalogue(): number {
    return this.#nextCatalogue++
  }

  forgetCatalogue(catalogue: number): void {
    for (const host of this.#hosts()) host.forgetCatalogue(catalogue)
  }

  /** Finds a place on a host for `owner`: at once, or in its turn, when others have made room. */
  place(owner: Owner, seeker: PlaceSeeker): void {
    this.#groupOf(owner).place(seeker)
  }

  /** Finds a host for one cell alone. It ends with `release`. */
  placeAlone(seeker: PlaceSeeker): void {
    this.#lone.place(seeker)
  }

  /** Whoever waits for a place does not want it any more. */
  withdraw(seeker: PlaceSeeker): void {
    this.#lone.withdraw(seeker)
    for (const group of this.#groups.values()) group.withdraw(seeker)
  }

  /** Lets go of a host that was for one cell alone. */
  async release(host: Host): Promise<void> {
    const released = host.dispose()
    this.#releases.add(released)
    this.#lone.remove(host)
    for (const group of this.#groups.values()) group.remove(host)
    await released
    this.#releases.delete(released)
  }

  /** Lets go of the hosts that an owner had for itself. */
  async releaseOwner(owner: object): Promise<void> {
    const owned = [...(this.#groups.get(owner)?.hosts ?? [])]
    this.#groups.delete(owner)
    await Promise.all(owned.map((host) => this.release(host)))
  }

  #groupOf(owner: Owner): HostGroup {
    const known = this.#groups.get(owner)
    if (known !== undefined) return known
    const { size, maxCells = defaultMaxCells } = this.#parts
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
    yield* this.#lone.hosts
  }

  #start(solo: boolean, place: () => HostGroup | LoneHosts): Host {
    const { start, spares, memoryMb, startMs } = this.#parts
    return this.#starts.begin(
      () =>
        new Host(start(), {
          spares: solo ? 1 : spares,
          memoryMb,
          solo,
          ...(startMs === undefined ? {} : { startMs }),
          onGone: (gone) => place().remove(gone),
          onChange: () => place().changed(),
          onGrown: (grown) => void this.#groupWith(grown)?.replace(grown),
        }),
    )
  }

  #troubled(): void {
    const { trouble } = this.#starts
    this.#lone.troubled(trouble)
    for (const group of this.#groups.values()) group.troubled(trouble)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#starts.close()
    const released = [...this.#hosts()].map((host) => this.release(host))
    await stayingAlive(Promise.all([...released, ...this.#releases]))
  }
}

/**
 * A pool of host processes. They start with the first session; `createHostPool` itself starts nothing. Throws
 * `INVALID_OPTION`.
 */
export function createHostPool(options: HostPoolOptions = {}): HostPool {
  checkOptions('createHostPool', options, hostPoolOptionNames, outsidePool)
  const { size = 2, profile = 'default', spares = 8, memoryMb = limitRanges.memoryMb.default } = options
  const { maxCells = defaultMaxCells } = options
  if (!Number.isSafeInteger(size) || size < 1 || size > 64) {
    throw new CodecellError('INVALID_OPTION', `Cannot make a pool of ${size} hosts: 1 to 64 are possible`)
  }
  if (!Number.isSafeInteger(spares) || spares < 0 || spares > 256) {
    throw new CodecellError('INVALID_OPTION', `Cannot keep ${spares} spare isolates: 0 to 256 are possible`)
  }
  if (!Number.isSafeInteger(maxCells) || maxCells < 1 || maxCells > 10_000) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot make hosts that hold ${maxCells} cells each: 1 to 10,000 are possible`,
    )
  }
  const place = { timeZone: timeZoneOf(options.timeZone ?? 'UTC'), locale: localeOf(options.locale ?? 'en-US') }
  return new HostPool({
    start: () => startChildTransport({ profile, memoryMb, ...place }),
    size,
    spares,
    memoryMb,
    maxCells,
    ...(profile === 'strict' ? { maxMemoryMb: memoryMb } : {}),
  })
}

function timeZoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use time zone "${name}": an IANA name is expected`, { cause })
  }
}

function localeOf(tag: string): string {
  try {
    return new Intl.Locale(tag).toString()
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use locale "${tag}": a BCP 47 tag is expected`, { cause })
  }
}
