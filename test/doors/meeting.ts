/** A function whose calls wait until there are `count` of them, and then all return true. */
export function meetingOf(count: number): () => Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let arrived = 0
  return () => {
    if (++arrived >= count) resolve(true)
    return promise
  }
}
