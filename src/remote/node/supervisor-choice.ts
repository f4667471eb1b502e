import { hostPortText, type ResolvedAddress } from '../link/addresses.ts'
import type { SlotUse } from '../link/link-message.ts'

/** Age above which the slots of a supervisor count as unknown, in milliseconds. */
const maxUseAgeMs = 10_000
/** Time for which a supervisor is chosen last after a failure, in milliseconds. */
const avoidMs = 10_000

type Known = {
  use: SlotUse | null
  usedAt: number
  avoidedUntil: number
  /** Number of attempts in progress, which the other end may not count yet. */
  dialing: number
}

/** The order in which supervisors are asked: of two random ones that fit, the one with fewer used slots is first. */
export class SupervisorChoice {
  readonly #known = new Map<string, Known>()

  /** Returns addresses in the order in which they are asked. Those that failed lately are last. */
  order(addresses: readonly ResolvedAddress[]): readonly ResolvedAddress[] {
    const shuffled = shuffle(addresses)
    const now = performance.now()
    const ranks = new Map(shuffled.map((address) => [address, this.#rankOf(address, now)]))
    const rankOf = (address: ResolvedAddress): number => ranks.get(address) ?? 0
    const ordered = shuffled.toSorted((a, b) => rankOf(a) - rankOf(b))
    const [first, second, ...rest] = ordered
    if (first === undefined || second === undefined || rankOf(first) !== rankOf(second)) return ordered
    return this.#usedOf(second) < this.#usedOf(first) ? [second, first, ...rest] : ordered
  }

  /** Returns 0 for a supervisor that may have a free slot, 1 for a full one, and 2 for one that failed lately. */
  #rankOf(address: ResolvedAddress, now: number): number {
    const known = this.#known.get(keyOf(address))
    if (known === undefined) return 0
    if (known.avoidedUntil > now) return 2
    const { use } = known
    const isFull = use !== null && now - known.usedAt <= maxUseAgeMs && use.used >= use.slots
    return isFull ? 1 : 0
  }

  #usedOf(address: ResolvedAddress): number {
    const known = this.#known.get(keyOf(address))
    if (known === undefined) return 0
    const isRecent = performance.now() - known.usedAt <= maxUseAgeMs
    return (isRecent ? (known.use?.used ?? 0) : 0) + known.dialing
  }

  onDial(address: ResolvedAddress): void {
    this.#entry(address).dialing++
  }

  onDialed(address: ResolvedAddress): void {
    this.#entry(address).dialing--
  }

  onUse(address: ResolvedAddress, use: SlotUse): void {
    const entry = this.#entry(address)
    entry.use = use
    entry.usedAt = performance.now()
  }

  /** Called when a supervisor cannot be reached, refuses this node, or ends. */
  avoid(address: ResolvedAddress, ms: number = avoidMs): void {
    this.#entry(address).avoidedUntil = performance.now() + ms
  }

  onAccepted(address: ResolvedAddress): void {
    this.#entry(address).avoidedUntil = 0
  }

  /** Forgets supervisors that are not listed any longer. */
  keepOnly(addresses: readonly ResolvedAddress[]): void {
    const keys = new Set(addresses.map(keyOf))
    for (const [key, { dialing }] of this.#known) if (!keys.has(key) && dialing === 0) this.#known.delete(key)
  }

  #entry(address: ResolvedAddress): Known {
    const key = keyOf(address)
    const entry = this.#known.get(key) ?? { use: null, usedAt: -Infinity, avoidedUntil: 0, dialing: 0 }
    this.#known.set(key, entry)
    return entry
  }
}

function keyOf({ ip, port }: ResolvedAddress): string {
  return hostPortText(ip, port)
}

function shuffle<Value>(values: readonly Value[]): readonly Value[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
