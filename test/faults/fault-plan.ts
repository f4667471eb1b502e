import { SeededRandom } from './random.ts'

/** Where in the life of an agent's process something breaks: at the moment of the given number, or some milliseconds after. */
export type Moment = 'start' | 'opened' | 'request' | 'before-reply' | 'replied' | 'received' | 'notified'

const losses = ['copy', 'lease-opened', 'lease-read', 'lease-removed', 'paused'] as const

/**
 * What may cost a process its session while it runs; a second process then opens the session.
 *
 * - `copy`: its folder is moved away, and a copy takes the place.
 * - `lease-opened`: it opens and closes the file of its lease, and loses the lock by that.
 * - `lease-read`: another process does so, which takes no lock away.
 * - `lease-removed`: the file of its lease is removed.
 * - `paused`: it loses its lock, and stands still while the second process takes over.
 */
type Loss = (typeof losses)[number]

type Target = 'agent' | 'host' | 'both' | 'close' | Loss

/** What happens to the folder between two processes, as a crash may leave it; a copy of it may also take its place. */
export type Damage = 'none' | 'half-line' | 'garbage' | 'zeros' | 'cut' | 'wal-garbage' | 'copy'

export type Fault = {
  readonly moment: Moment
  readonly number: number
  readonly afterMs: number
  readonly target: Target
  readonly damage: Damage
  /** How many calls the second process makes before one that stands still goes on. */
  readonly resumeAfter: number
}

export type LossFault = Fault & { readonly target: Loss }

export type FaultPlan = {
  readonly faults: readonly Fault[]
  readonly sync: boolean
  /** There is room for one cell on one host: each that has something to do puts out one that waits. */
  readonly isNarrow: boolean
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

/** Faults that strike one after the other, each in the process that comes after the one before. */
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
    // The folder belongs to the process that has taken it over.
    return isLoss(fault) ? { ...fault, damage: 'none' } : fault
  })
  return { faults, sync: random.below(6) === 0, isNarrow: random.below(2) === 0 }
}

/** Whether a fault is about who owns the session. */
export function isLoss(fault: Fault): fault is LossFault {
  return losses.some((loss) => loss === fault.target)
}

function lossAt(target: Loss, moment: Moment): Fault {
  return { target, moment, number: 1, afterMs: 0, damage: 'none', resumeAfter: 2 }
}

/** Each loss once, one process after the other. While the last three processes are there, their programs may come to their end. */
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
}
