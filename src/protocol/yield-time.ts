/**
 * Returns the effective duration of an observation in milliseconds. Requests of ten seconds or more get a second of
 * grace; then the cap of the session applies (CM-J29, CM-J50).
 */
export function effectiveYieldTimeMs(cap: number | null, requested: number): number {
  const withGrace = requested >= 10_000 ? requested + 1_000 : requested
  return cap === null ? withGrace : Math.min(withGrace, cap)
}
