/** The least CPU time that can be measured well, in milliseconds: the clock of a thread advances in ticks. */
const minMs = 60

/**
 * Returns the CPU time of work in large pieces, divided by that of the same work in small pieces: about 1 for linear time, about
 * `factor` for quadratic time. Only this thread counts, so other processes change little.
 */
export function growth(work: (size: number) => unknown, smallSize: number, factor: number): number {
  let small = 0
  let large = 0
  while (small + large < minMs) {
    small += cpuMs(() => {
      for (let piece = 0; piece < factor; piece++) work(smallSize)
    })
    large += cpuMs(() => work(smallSize * factor))
  }
  return large / small
}

/** Returns the CPU time that this thread needs for some work, in milliseconds. */
export function cpuMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
