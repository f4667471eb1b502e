/** A function whose calls all wait until there are `count` of them; then each comes back with true. */
export function meetingOf(count: number): () => Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let arrived = 0
  return () => {
    if (++arrived >= count) resolve(true)
    return promise
  }
}
