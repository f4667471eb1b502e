import { CodecellError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { closeOptionNames } from './api/option-names.ts'
import type { CloseOptions } from './api/session-options.ts'
import { maxDelayMs } from './common/timing.ts'

/** Time for pending calls to settle when a stored session closes, in milliseconds. */
const defaultGraceMs = 2000

/**
 * Returns the time for pending calls to settle when a session closes, in milliseconds.
 *
 * @throws {CodecellError} `INVALID_OPTION` when it is not an integer in the range of timers.
 */
export function graceMsOf(options: CloseOptions): number {
  checkOptions('close', options, closeOptionNames)
  const { graceMs = defaultGraceMs } = options
  if (Number.isSafeInteger(graceMs) && graceMs >= 0 && graceMs <= maxDelayMs) return graceMs
  const expected = `an integer from 0 to ${maxDelayMs.toLocaleString('en-US')}`
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot close a session: expected graceMs to be ${expected}, got ${graceMs}`,
    {
      details: { option: 'close.graceMs', value: graceMs, expected },
    },
  )
}
