/** Web platforms do not report CPU time. The time of the clock is an upper bound. */
export function threadCpuMs(): number {
  return performance.now()
}
