import { SeededRandom } from './random.ts'

/** Where in the life of an agent's process something breaks: at the moment of the given number, or some milliseconds after. */
export type Moment = 'start' | 'opened' | 'request' | 'before-reply' | 'replied' | 'received' | 'notified'

type Target = 'agent' | 'host' | 'both' | 'close'

/** What happens to the folder between two processes, as a crash may leave it. */
export type Damage = 'none' | 'half-line' | 'garbage' | 'zeros' | 'cut' | 'wal-garbage'

export type Fault = {
  readonly moment: Moment
  readonly number: number
  readonly afterMs: number
  readonly target: Target
  readonly damage: Damage
}

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
const targets: readonly Target[] = ['agent', 'agent', 'agent', 'both', 'both', 'host', 'close']
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
]

/** Faults that strike one after the other, each in the process that comes after the one before. */
export function planFaults(seed: number): FaultPlan {
  const random = new SeededRandom(seed)
  const faults = Array.from({ length: 3 + random.below(5) }, (): Fault => {
    const moment = random.pick(moments)
    const isStart = moment === 'start'
    return {
      moment,
      number: isStart || moment === 'opened' ? 1 : 1 + random.below(moment === 'notified' ? 2 : 8),
      afterMs: isStart ? 100 + random.below(500) : random.pick([0, 0, 0, 1, 3, 10, 40]),
      target: isStart ? random.pick(['agent', 'both']) : random.pick(targets),
      damage: random.pick(damages),
    }
  })
  return { faults, sync: random.below(6) === 0, isNarrow: random.below(2) === 0 }
}
