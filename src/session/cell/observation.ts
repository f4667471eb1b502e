import { CodecellError } from '../../errors.ts'
import type { Observation } from './observer.ts'
import type { ObserveOptions } from '../api/session-options.ts'

/** How long an observation lasts when its caller does not say, in milliseconds (contract 1.6). */
const defaultYieldTimeMs = 10_000

/** What a caller asks for, with the defaults filled in. Throws `INVALID_OPTION`. */
export function observation({
  yieldTimeMs = defaultYieldTimeMs,
  signal,
  preempt,
  requestId,
}: ObserveOptions): Observation {
  if (!(yieldTimeMs >= 0)) {
    throw new CodecellError('INVALID_OPTION', `Cannot observe for ${yieldTimeMs} ms: a time from 0 on is expected`, {
      details: { option: 'yieldTimeMs', value: yieldTimeMs, expected: 'a number from 0 on' },
    })
  }
  return { yieldTimeMs, requestId: requestId ?? null, signal: signal ?? null, preempt: preempt ?? null }
}
