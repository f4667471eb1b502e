/** Cells run on this thread, so the time of the clock is an upper bound. */
export function otherThreadsCpuMs(): number {
  return performance.now()
}
