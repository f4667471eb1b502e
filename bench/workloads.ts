import type { Contender } from './rivals/rival.ts'

/** One row of the table. */
export type Workload = {
  readonly id: string
  readonly title: string
  readonly unit: string
  /** Whether less is better, or more. */
  readonly better: 'less' | 'more'
  /** Needs calls that are under way at once. */
  readonly isParallel?: boolean
  /** How often each contender is measured. */
  readonly rounds: number
  /** One measurement in `unit`; null when the contender cannot do it. */
  measure(contender: Contender): Promise<number | null>
}

const cpu = {
  fib: 'const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); fib(30)',
  sort: 'let s = 1; Array.from({ length: 1e6 }, () => (s = (s * 48271) % 2147483647)).sort((a, b) => a - b)',
  json: 'const o = Array.from({ length: 5e4 }, (_, id) => ({ id, name: "name " + id, text: "lorem ipsum dolor sit amet, consectetur" })); JSON.parse(JSON.stringify(o))',
}

export const workloads: readonly Workload[] = [
  row('trivial', 'warm trivial cell', 'ms', 100, (c) => timed(c, c.dialect.print('"hi"'))),
  row('one-call', 'warm cell with one nested call', 'ms', 100, (c) =>
    timed(c, c.dialect.print(`await ${c.dialect.call('{ a: 1 }')}`)),
  ),
  row('sequential', '1,000 sequential calls, each', 'µs', 8, (c) =>
    timed(c, `for (let i = 0; i < 1000; i++) await ${c.dialect.call('{ i }')}`),
  ),
  { ...row('parallel', '1,000 parallel calls', 'ms', 8, (c) => timed(c, parallel(c, 1000))), isParallel: true },
  { ...row('burst', '4,000 calls at once', 'ms', 5, (c) => timed(c, parallel(c, 4000))), isParallel: true },
  row('texts', '10,000 outputs', 'ms', 8, (c) => timed(c, `for (let i = 0; i < 10000; i++) ${c.dialect.print('i')}`)),
  row('filter', '10 MB result filtered', 'ms', 5, (c) =>
    timed(c, `const all = ${c.dialect.big()}\n${c.dialect.print('all.filter((one) => one.id === 5).length')}`),
  ),
  { ...row('throughput-1', '500 cells, one at a time', 'cells/s', 2, (c) => throughput(c, 1)), better: 'more' },
  { ...row('throughput-8', '500 cells, 8 at once', 'cells/s', 2, (c) => throughput(c, 8)), better: 'more' },
  { ...row('throughput-64', '500 cells, 64 at once', 'cells/s', 2, (c) => throughput(c, 64)), better: 'more' },
  row('peak', 'memory after them', 'MB', 1, (c) => Promise.resolve(c.residentMb?.() ?? null)),
  row('parked', 'memory of a cell that waits for a tool', 'MB', 1, parked),
  row('terminate', 'stopping an endless loop', 'ms', 20, (c) => c.stopLoop?.() ?? Promise.resolve(null)),
  row('fib', 'fib(30)', 'ms', 5, (c) => timed(c, cpu.fib)),
  row('sort', 'sorting 1,000,000 numbers', 'ms', 4, (c) => timed(c, cpu.sort)),
  row('json', '5 MB of JSON, written and read', 'ms', 5, (c) => timed(c, cpu.json)),
]

function row(id: string, title: string, unit: string, rounds: number, measure: Workload['measure']): Workload {
  return { id, title, unit, better: 'less', rounds, measure }
}

async function timed(contender: Contender, body: string): Promise<number> {
  const startedAt = performance.now()
  await contender.run(contender.dialect.program(body))
  const elapsed = performance.now() - startedAt
  // Time to make the next spare isolate, as between the turns of an agent.
  await new Promise((resolve) => setTimeout(resolve, 8))
  return elapsed
}

function parallel({ dialect }: Contender, count: number): string {
  return `await Promise.all(Array.from({ length: ${count} }, (_, i) => ${dialect.call('{ i }')}))`
}

async function throughput(contender: Contender, atOnce: number): Promise<number> {
  const program = contender.dialect.program(contender.dialect.print('"hi"'))
  let left = 500
  const startedAt = performance.now()
  const lanes = Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await contender.run(program)
  })
  await Promise.all(lanes)
  return 500 / ((performance.now() - startedAt) / 1000)
}

async function parked({ park, residentMb }: Contender): Promise<number | null> {
  if (park === null || residentMb === null) return null
  const before = residentMb()
  for (let n = 0; n < 100; n++) await park()
  return (residentMb() - before) / 100
}
