/** Less cannot be measured well, in milliseconds: the clock of a thread moves in ticks. */
const enoughMs = 60

/**
 * How many times longer work takes in large pieces than the same work takes in small ones: about 1 when its time is linear,
 * and about `factor` when it is quadratic. Only the processor time of this thread counts, so other processes change little.
 */
export function growth(work: (size: number) => unknown, smallSize: number, factor: number): number {
  let small = 0
  let large = 0
  while (small + large < enoughMs) {
    small += cpuMs(() => {
      for (let piece = 0; piece < factor; piece++) work(smallSize)
    })
    large += cpuMs(() => work(smallSize * factor))
  }
  return large / small
}

/** The processor time that this thread needs for some work, in milliseconds. */
export function cpuMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
