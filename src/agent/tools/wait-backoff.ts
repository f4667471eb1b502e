import { CodecellError } from '../../errors.ts'
import type { Outcome } from '../../session/api/outcome.ts'
import type { OptionNames } from '../../options/check-options.ts'

/**
 * How long `wait` stays with a cell that says nothing. `patient`: it comes back when something changed, or at a deadline that
 * the host chooses; the model's `yield_time_ms` is a wish. `exact`: when the model's time is over, as in the reference.
 */
export type WaitPolicy = 'patient' | 'exact'

export type PatienceOptions = {
  /** Default: `patient`. */
  readonly waitPolicy?: WaitPolicy
  /** The shortest time that a patient `wait` stays with a cell, in milliseconds. Default: 10 000. */
  readonly waitFloorMs?: number
  /**
   * The longest, unless the model wishes for more, in milliseconds; keep it below the time that the model's client gives a
   * call. The session's `maxYieldTimeMs` holds in any case. Default: 300 000.
   */
  readonly waitCeilingMs?: number
}

export const patienceOptionNames: OptionNames<PatienceOptions> = {
  waitPolicy: ['patient', 'exact'],
  waitFloorMs: 'any',
  waitCeilingMs: 'any',
}

const defaults = { floorMs: 10_000, ceilingMs: 300_000 } as const

/** Most cells whose silence is remembered. */
const maxCells = 4096

/** Decides how long the next `wait` for a cell lasts: twice as long each time that the cell had nothing to say. */
export class Patience {
  readonly #isExact: boolean
  readonly #floorMs: number
  readonly #ceilingMs: number
  /** How many answers in a row said only that the cell goes on. */
  readonly #silences = new Map<string, number>()

  /** Throws `INVALID_OPTION` for a time that is none. */
  constructor({ waitPolicy = 'patient', waitFloorMs, waitCeilingMs }: PatienceOptions) {
    this.#isExact = waitPolicy === 'exact'
    this.#floorMs = timeOf('waitFloorMs', waitFloorMs ?? defaults.floorMs)
    this.#ceilingMs = timeOf('waitCeilingMs', waitCeilingMs ?? defaults.ceilingMs)
  }

  /** Whether the reference's timing is kept. */
  get isExact(): boolean {
    return this.#isExact
  }

  /** How long to stay with cells of which the model wished to hear after `wishMs`. */
  timeFor(cellIds: readonly string[], wishMs: number): number {
    if (this.#isExact) return wishMs
    const silences = Math.min(...cellIds.map((cellId) => this.#silences.get(cellId) ?? 0))
    const grown = this.#floorMs * 2 ** Math.min(silences, 30)
    return Math.max(wishMs, Math.min(grown, this.#ceilingMs))
  }

  /** The model was told this about a cell. */
  told(outcome: Outcome): void {
    const { cellId, type } = outcome
    if (type !== 'yielded') return void this.#silences.delete(cellId)
    const silences = outcome.items.length > 0 ? 0 : (this.#silences.get(cellId) ?? 0) + 1
    this.#silences.delete(cellId)
    this.#silences.set(cellId, silences)
    for (const oldest of this.#silences.keys()) {
      if (this.#silences.size <= maxCells) break
      this.#silences.delete(oldest)
    }
  }
}

function timeOf(name: string, value: number): number {
  if (value >= 0) return value
  throw new CodecellError('INVALID_OPTION', `Cannot use ${name} ${value}: a time from 0 on is expected`)
}
