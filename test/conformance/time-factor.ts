/**
 * Returns how much slower than usual this machine may be: `CONFORMANCE_TIME_FACTOR`, or 3. Throws `RangeError` for an
 * invalid number.
 */
export function timeFactorOf(environment: Readonly<Record<string, string | undefined>>): number {
  const factor = Number(environment['CONFORMANCE_TIME_FACTOR'] ?? 3)
  if (factor >= 1) return factor
  throw new RangeError('Cannot use CONFORMANCE_TIME_FACTOR: expected a number from 1 on')
}
