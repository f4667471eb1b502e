import { BoundedMap } from '../../collections/bounded-map.ts'
import { CodecellError } from '../../errors.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'

/**
 * How long `wait` stays with a silent cell. `backoff`: until something changes, or until a deadline that grows with each
 * silent response; the model's `yield_time_ms` is a hint. `exact`: for the model's `yield_time_ms`, as in the reference.
 */
export type WaitPolicy = 'backoff' | 'exact'

/** The times that a `wait` stays with a silent cell. */
export type WaitBackoffOptions = {
  /**
   * The first time, in milliseconds. It doubles with each silent response.
   *
   * @default 10000
   */
  readonly minMs?: number
  /**
   * The maximum unless the model requests more, in milliseconds. Must be less than the timeout of a tool call in the
   * model's client. The session's `maxYieldTimeMs` always applies.
   *
   * @default 300000
   */
  readonly maxMs?: number
}

export type WaitTimingOptions = {
  /** @default 'backoff' */
  readonly waitPolicy?: WaitPolicy
  /** The bounds of the policy `backoff`. */
  readonly waitBackoff?: WaitBackoffOptions
}

export const waitTimingOptionNames: OptionNames<WaitTimingOptions> = {
  waitPolicy: ['backoff', 'exact'],
  waitBackoff: 'any',
}

const backoffOptionNames: OptionNames<WaitBackoffOptions> = { minMs: 'any', maxMs: 'any' }

const defaults = { minMs: 10_000, maxMs: 300_000 } as const

/** Cells whose silent responses are counted. */
const maxCells = 4096

/** Decides how long the next `wait` for a cell takes: twice as long after each silent response. */
export class WaitBackoff {
  /** Whether the timing and the texts of the reference apply. */
  readonly isExact: boolean
  readonly #minMs: number
  readonly #maxMs: number
  /** Consecutive responses without output, by cell. */
  readonly #silences = new BoundedMap<string, number>(maxCells)

  /** @throws {CodecellError} INVALID_OPTION when a time is negative or not a number. */
  constructor({ waitPolicy = 'backoff', waitBackoff = {} }: WaitTimingOptions) {
    checkOptions('waitBackoff', waitBackoff, backoffOptionNames)
    const { minMs = defaults.minMs, maxMs = defaults.maxMs } = waitBackoff
    this.isExact = waitPolicy === 'exact'
    this.#minMs = timeOf('minMs', minMs)
    this.#maxMs = timeOf('maxMs', maxMs)
  }

  /** Returns the time for a `wait` whose model requested `hintMs`. */
  timeFor(cellIds: readonly string[], hintMs: number): number {
    if (this.isExact) return hintMs
    const silences = Math.min(...cellIds.map((cellId) => this.#silences.get(cellId) ?? 0))
    const grown = this.#minMs * 2 ** Math.min(silences, 30)
    return Math.max(hintMs, Math.min(grown, this.#maxMs))
  }

  onOutcome({ cellId, ...outcome }: CellOutcome): void {
    const silences = this.#silences.get(cellId) ?? 0
    this.#silences.delete(cellId)
    if (outcome.type !== 'yielded') return
    this.#silences.set(cellId, outcome.items.length > 0 ? 0 : silences + 1)
  }
}

function timeOf(name: string, value: number): number {
  if (value >= 0) return value
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use waitBackoff.${name} ${value}: expected a non-negative number of milliseconds`,
  )
}
