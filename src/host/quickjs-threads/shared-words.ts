const [stopAt, repliesAt] = [0, 1]
const [cpuAt, timeAt] = [0, 1]

/** Memory that a thread shares with the host. It works while the thread runs a program, which handles no messages. */
export type SharedWords = { readonly flags: Int32Array; readonly times: Float64Array }

/** CPU time of a slice, as of a time. */
type SliceTime = { readonly cpuMs: number; readonly at: number }

export function createSharedWords(): SharedWords {
  return { flags: new Int32Array(new SharedArrayBuffer(8)), times: new Float64Array(new SharedArrayBuffer(16)) }
}

/** Prepares the words for a slice. The thread must be idle. */
export function resetWords({ flags, times }: SharedWords): void {
  Atomics.store(flags, stopAt, 0)
  times[cpuAt] = 0
  times[timeAt] = sharedNow()
}

/** Stops the slice at its next check, and wakes a thread that waits. */
export function requestStop({ flags }: SharedWords): void {
  Atomics.store(flags, stopAt, 1)
  Atomics.notify(flags, repliesAt)
}

export function isStopRequested({ flags }: SharedWords): boolean {
  return Atomics.load(flags, stopAt) === 1
}

/** Returns the number of replies so far. */
export function countReplies({ flags }: SharedWords): number {
  return Atomics.load(flags, repliesAt)
}

/** Counts a reply that was posted, and wakes the thread. */
export function announceReply({ flags }: SharedWords): void {
  Atomics.add(flags, repliesAt, 1)
  Atomics.notify(flags, repliesAt)
}

/** Waits until there are more replies than `seen`, a stop is requested, or a tenth of a second has passed. */
export function waitForReply({ flags }: SharedWords, seen: number): void {
  Atomics.wait(flags, repliesAt, seen, 100)
}

/** Publishes the CPU time that the slice has used so far. */
export function publishTime({ times }: SharedWords, cpuMs: number): void {
  times[cpuAt] = cpuMs
  times[timeAt] = sharedNow()
}

export function readTime({ times }: SharedWords): SliceTime {
  return { cpuMs: times[cpuAt] ?? 0, at: times[timeAt] ?? 0 }
}

/** Returns the time in milliseconds, on a clock that all threads share. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now()
}
