import { cuts, type Cut } from '../support/links/link-relay.ts'
import { SeededRandom } from './random.ts'

/**
 * The point in the life of a process of the agent at which a fault strikes: the event with the given number, or some
 * milliseconds after.
 */
export type Moment = 'start' | 'opened' | 'request' | 'before-reply' | 'replied' | 'received' | 'notified'

const losses = ['copy', 'lease-opened', 'lease-read', 'lease-removed', 'paused'] as const

/**
 * Faults that may cost a process its session while it runs; a second process then opens the session.
 *
 * - `copy`: its directory is moved away and replaced by a copy.
 * - `lease-opened`: it opens and closes the file of its lease, and loses the lock by that.
 * - `lease-read`: another process does so, which releases no lock.
 * - `lease-removed`: the file of its lease is removed.
 * - `paused`: it loses its lock, and is suspended while the second process takes over.
 */
type Loss = (typeof losses)[number]

/** The links to its hosts break; see `Cut`. */
type LinkTarget = `link-${Cut}`

/** `server`: the server of a shared store crashes and starts again. */
type Target = 'agent' | 'host' | 'both' | 'close' | 'server' | LinkTarget | Loss

/** Changes to the storage between two processes, as a crash may leave it; a copy may also replace it. */
export type Damage = 'none' | 'half-line' | 'garbage' | 'zeros' | 'cut' | 'wal-garbage' | 'copy'

export type Fault = {
  readonly moment: Moment
  readonly number: number
  readonly afterMs: number
  readonly target: Target
  readonly damage: Damage
  /** Number of calls of the second process before a suspended one continues. */
  readonly resumeAfter: number
}

export type LossFault = Fault & { readonly target: Loss }

export type FaultPlan = {
  readonly faults: readonly Fault[]
  readonly sync: boolean
  /** There is one slot: each cell with work to do evicts one that waits. */
  readonly isNarrow: boolean
  /** The hosts are behind links. */
  readonly isLinked: boolean
}

const moments: readonly Moment[] = [
  'start',
  'opened',
  'request',
  'request',
  'before-reply',
  'replied',
  'received',
  'notified',
]
const targets: readonly Target[] = ['agent', 'agent', 'agent', 'both', 'both', 'host', 'close', ...losses]
const damages: readonly Damage[] = [
  'none',
  'none',
  'none',
  'none',
  'half-line',
  'garbage',
  'zeros',
  'cut',
  'wal-garbage',
  'copy',
]

/** Faults that strike in sequence, each in the process after the previous one. */
export function planFaults(seed: number): FaultPlan {
  const random = new SeededRandom(seed)
  const faults = Array.from({ length: 3 + random.below(5) }, (): Fault => {
    const moment = random.pick(moments)
    const isStart = moment === 'start'
    const fault: Fault = {
      moment,
      number: isStart || moment === 'opened' ? 1 : 1 + random.below(moment === 'notified' ? 2 : 8),
      afterMs: isStart ? 100 + random.below(500) : random.pick([0, 0, 0, 1, 3, 10, 40]),
      target: isStart ? random.pick(['agent', 'both']) : random.pick(targets),
      damage: random.pick(damages),
      resumeAfter: random.below(5),
    }
    // The storage belongs to the process that has taken it over.
    return isLoss(fault) ? { ...fault, damage: 'none' } : fault
  })
  const plan = { faults, sync: random.below(6) === 0, isNarrow: random.below(2) === 0, isLinked: false }
  return random.below(3) === 0 ? overLinks(plan, random) : plan
}

/** Returns a plan with hosts behind links, which break where a host would be killed. */
function overLinks(plan: FaultPlan, random: SeededRandom): FaultPlan {
  const faults = plan.faults.map((fault): Fault =>
    fault.target === 'host' ? { ...fault, target: `link-${random.pick(cuts)}` } : fault,
  )
  return { ...plan, faults, isLinked: true }
}

/** Returns how a fault cuts links; null for other faults. */
export function cutOf({ target }: Fault): Cut | null {
  return cuts.find((cut) => target === `link-${cut}`) ?? null
}

/** Returns a plan with one fault: the links to all hosts break at a call. */
export function cutPlan(cut: Cut): FaultPlan {
  const fault: Fault = {
    target: `link-${cut}`,
    moment: 'request',
    number: 4,
    afterMs: 0,
    damage: 'none',
    resumeAfter: 0,
  }
  return { faults: [fault], sync: false, isNarrow: false, isLinked: true }
}

/** Returns whether a fault is about the ownership of the session. */
export function isLoss(fault: Fault): fault is LossFault {
  return losses.some((loss) => loss === fault.target)
}

function lossAt(target: Loss, moment: Moment): Fault {
  return { target, moment, number: 1, afterMs: 0, damage: 'none', resumeAfter: 2 }
}

/** Each loss once, one process after the other. The programs may end while the last three processes run. */
export const everyLoss: FaultPlan = {
  faults: [
    lossAt('paused', 'request'),
    lossAt('copy', 'request'),
    lossAt('lease-opened', 'opened'),
    lossAt('lease-removed', 'opened'),
    lossAt('lease-read', 'opened'),
  ],
  sync: false,
  isNarrow: false,
  isLinked: false,
}
