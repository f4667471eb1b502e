import { CodecellError } from '../errors.ts'
import type { HostProfile } from '../protocol/message.ts'
import type { Transport } from '../protocol/transport.ts'
import { startChildTransport } from './child-transport.ts'
import { Host } from './host.ts'
import { limitRanges } from './limits.ts'

export type HostPoolOptions = {
  /** How many host processes are kept. Default: 2. */
  readonly size?: number
  /** `strict` has no just-in-time compiler, a memory bound of the kernel and Node's permission model. */
  readonly profile?: HostProfile
  /** Isolates that each host keeps ready. Default: 8. */
  readonly spares?: number
  /** Memory of the cells that are expected, in MiB: spare isolates are made for it. Default: the session's default. */
  readonly memoryMb?: number
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
}

const maxStartAttempts = 3

/** Whose cells a host takes: everybody's, or those of one owner. */
type Owner = object | null

/** The hosts that cells run on. Sessions may share a pool; whoever made it disposes it. */
export class HostPool implements AsyncDisposable {
  readonly #parts: HostPoolParts
  readonly #hosts = new Map<Host, Owner>()
  /** Hosts that are going: whoever disposes the pool waits for them too. */
  readonly #releases = new Set<Promise<void>>()
  #nextCatalogue = 1
  #disposed = false

  constructor(parts: HostPoolParts) {
    this.#parts = parts
  }

  /** Resolves when a host for `owner` is running. Throws `HOST_START_FAILED`. */
  async warm(owner: Owner): Promise<void> {
    await this.#startedFor(owner)
  }

  /** A number under which hosts remember a catalogue. */
  nameCatalogue(): number {
    return this.#nextCatalogue++
  }

  forgetCatalogue(catalogue: number): void {
    for (const host of this.#hosts.keys()) host.forgetCatalogue(catalogue)
  }

  /**
   * The running host with the fewest cells, of equals the one that was chosen least recently, so that it had time to make
   * spare isolates. Starts another in the background while there are too few.
   */
  pick(owner: Owner): Host | null {
    let best: Host | null = null
    let count = 0
    for (const [host, hostOwner] of this.#hosts) {
      if (hostOwner !== owner || host.solo || host.isGone) continue
      count++
      if (host.isReady && (best === null || host.load < best.load)) best = host
    }
    if ((best === null || best.load > 0) && count < this.#sizeFor(owner) && !this.#disposed) this.#start(owner, false)
    if (best !== null) {
      // The map is in the order of choice.
      this.#hosts.delete(best)
      this.#hosts.set(best, owner)
    }
    return best
  }

  /** A host for `owner`, waited for. Throws `HOST_START_FAILED`. */
  async place(owner: Owner): Promise<Host> {
    return this.pick(owner) ?? (await this.#startedFor(owner))
  }

  /** A host for one cell alone. It ends with `release`. */
  async placeAlone(): Promise<Host> {
    return await this.#whenReady(() => this.#start(null, true))
  }

  /** Lets go of a host that was for one cell alone. */
  async release(host: Host): Promise<void> {
    this.#hosts.delete(host)
    const released = host.dispose()
    this.#releases.add(released)
    await released
    this.#releases.delete(released)
  }

  /** Lets go of the hosts that an owner had for itself. */
  async releaseOwner(owner: object): Promise<void> {
    const owned = [...this.#hosts].filter(([, hostOwner]) => hostOwner === owner)
    await Promise.all(owned.map(([host]) => this.release(host)))
  }

  #sizeFor(owner: Owner): number {
    return owner === null ? this.#parts.size : 1
  }

  async #startedFor(owner: Owner): Promise<Host> {
    const find = (): Host | undefined =>
      [...this.#hosts].find(([host, of]) => of === owner && !host.solo && !host.isGone)?.[0]
    await this.#whenReady(() => find() ?? this.#start(owner, false))
    return this.pick(owner) ?? (await this.#startedFor(owner))
  }

  /** A host may be killed from outside while it starts, so one failure is not the last word. */
  async #whenReady(start: () => Host): Promise<Host> {
    for (let attempt = 1; ; attempt++) {
      const host = start()
      try {
        await host.ready
        return host
      } catch (error) {
        if (attempt === maxStartAttempts || this.#disposed) throw error
      }
    }
  }

  #start(owner: Owner, solo: boolean): Host {
    if (this.#disposed) throw new CodecellError('SESSION_CLOSED', 'Cannot start a host: the pool has been disposed')
    const { start, spares, memoryMb } = this.#parts
    const host = new Host(start(), {
      spares: solo ? 1 : spares,
      memoryMb,
      solo,
      onGone: (gone) => this.#hosts.delete(gone),
    })
    this.#hosts.set(host, owner)
    return host
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await Promise.all([...this.#hosts.keys()].map((host) => this.release(host)))
    await Promise.all(this.#releases)
  }
}

/**
 * A pool of host processes. They start with the first session; `createHostPool` itself starts nothing. Throws
 * `INVALID_OPTION`.
 */
export function createHostPool(options: HostPoolOptions = {}): HostPool {
  const { size = 2, profile = 'default', spares = 8, memoryMb = limitRanges.memoryMb.default } = options
  if (!Number.isSafeInteger(size) || size < 1 || size > 64) {
    throw new CodecellError('INVALID_OPTION', `Cannot make a pool of ${size} hosts: 1 to 64 are possible`)
  }
  if (!Number.isSafeInteger(spares) || spares < 0 || spares > 256) {
    throw new CodecellError('INVALID_OPTION', `Cannot keep ${spares} spare isolates: 0 to 256 are possible`)
  }
  const place = { timeZone: timeZoneOf(options.timeZone ?? 'UTC'), locale: localeOf(options.locale ?? 'en-US') }
  return new HostPool({ start: () => startChildTransport({ profile, memoryMb, ...place }), size, spares, memoryMb })
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
