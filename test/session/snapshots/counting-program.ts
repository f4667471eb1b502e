export const soon = { yieldTimeMs: 0 }
export const longYieldTime = { yieldTimeMs: 600_000 }

/** A program with state of many kinds, which makes 400 calls and then waits twice. */
export const source: string = `
  const seen = new Map()
  class Counter { #n = 0; add(n) { this.#n += n; return this.#n } }
  const counter = new Counter()
  for (let i = 0; i < 400; i++) seen.set(i, counter.add(await tools.count({ i })))
  text([...seen.values()].at(-1))
  store("sum", counter.add(0))
  const random = Math.random()
  text(await tools.gate({ key: "a" }))
  text([counter.add(0), seen.size, random === Math.random(), ALL_TOOLS.length])
  text(await tools.gate({ key: "b" }))
  text(counter.add(1))`

export const expected: readonly string[] = ['800', 'answer', '[800,400,false,3]', 'second', '801']
