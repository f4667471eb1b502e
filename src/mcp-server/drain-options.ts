import { CodecellError } from '../errors.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'
import { maxDelayMs } from '../session/common/timing.ts'

/** The times of a drain, in milliseconds from its start. */
export type DrainOptions = {
  /**
   * Maximum time for calls in progress.
   *
   * @default 30000
   */
  readonly timeoutMs?: number
  /**
   * Time after which programs of stored sessions yield: their calls of `exec` and `wait` respond with the output so far, and calls of
   * tools have the rest of the time to return.
   *
   * @default half of `timeoutMs`
   */
  readonly yieldMs?: number
}

export type DrainTimes = { readonly timeoutMs: number; readonly yieldMs: number }

const defaultTimeoutMs = 30_000

const optionNames: OptionNames<DrainOptions> = { timeoutMs: 'any', yieldMs: 'any' }

/**
 * Returns the times of a drain.
 *
 * @throws {CodecellError} `INVALID_OPTION` when they are not integers, or the yield is later than the end.
 */
export function drainTimesOf(options: DrainOptions): DrainTimes {
  checkOptions('drain', options, optionNames)
  const { timeoutMs = defaultTimeoutMs } = options
  check('timeoutMs', timeoutMs, maxDelayMs)
  const { yieldMs = Math.floor(timeoutMs / 2) } = options
  check('yieldMs', yieldMs, timeoutMs)
  return { timeoutMs, yieldMs }
}

function check(option: keyof DrainOptions, value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return
  const expected = `an integer from 0 to ${max.toLocaleString('en-US')}`
  throw new CodecellError('INVALID_OPTION', `Cannot drain: expected ${option} to be ${expected}, got ${value}`, {
    details: { option: `drain.${option}`, value, expected },
  })
}
