/** Waits until all have settled, but no longer than a time in milliseconds. */
export async function settledWithin(works: readonly Promise<unknown>[], ms: number): Promise<void> {
  if (works.length === 0) return
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([Promise.allSettled(works), late])
  clearTimeout(timer)
}
