/** Returns a generator of random values that depend only on the seed. */
export function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (min, max) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    integer,
    pick: (items) => items[integer(0, items.length - 1)],
    happens: (rate) => next() < rate,
    shuffled(items) {
      const copy = [...items]
      for (let at = copy.length - 1; at > 0; at--) {
        const other = integer(0, at)
        ;[copy[at], copy[other]] = [copy[other], copy[at]]
      }
      return copy
    },
  }
}
