import type { CallsCheck } from '../tasks/task.ts'
import { fits } from '../values/glob.ts'
import { includesJson } from '../values/json-equal.ts'
import { failed, passed, shown, type RecordedCall, type Verdict } from './run-end.ts'

export function checkCalls({ tool, min, max, where, succeeded }: CallsCheck, calls: readonly RecordedCall[]): Verdict {
  const counted = calls.filter(
    (call) =>
      fits(tool, `${call.server}/${call.tool}`) &&
      includesJson(call.input, where) &&
      (succeeded === null || call.succeeded === succeeded),
  )
  if (counted.length >= min && counted.length <= max) return passed
  const range =
    min === max ? String(min) : max === Infinity ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`
  const which = `${succeeded === null ? '' : succeeded ? 'successful ' : 'failed '}calls of ${tool}`
  const inputs = JSON.stringify(where) === '{}' ? '' : ` with ${shown(where)}`
  return failed(`expected ${range} ${which}${inputs}, got ${counted.length}`)
}
