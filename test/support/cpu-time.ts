/** The shortest time that can be measured well, in milliseconds: the clock of a thread moves in ticks. */
const enoughMs = 60

/**
 * Returns how many times longer work takes in large pieces than in small ones: about 1 if its time is linear,
 * and about `factor` if it is quadratic. Only the CPU time of this thread counts, so other processes have little effect.
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

/** Returns the CPU time of this thread for some work, in milliseconds. */
export function cpuMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
