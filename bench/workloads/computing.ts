import { timeOf, type Reading, type Workload } from './workload.ts'

const fibonacci = { id: 'fibonacci', title: 'fib(30)', unit: 'ms' }
const sort = { id: 'sort', title: 'sort of 1,000,000 numbers', unit: 'ms' }
const json = { id: 'json', title: '5 MB of JSON written and read', unit: 'ms' }

const programs = [
  {
    row: fibonacci,
    source: 'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } text(String(fib(30)))',
    expected: '832040',
  },
  {
    row: sort,
    source: `let seed = 1; const numbers = Array.from({ length: 1e6 }, () => (seed = (seed * 48271) % 2147483647));
      numbers.sort((a, b) => a - b); text(String(numbers.length))`,
    expected: '1000000',
  },
  {
    row: json,
    source: `const rows = Array.from({ length: 50000 }, (_, id) => ({ id, name: "row " + id, tags: ["a", "b"], text: "x".repeat(40) }));
      text(String(JSON.parse(JSON.stringify(rows)).length))`,
    expected: '50000',
  },
]

/** Work inside one cell, with all that the cell itself takes. */
export const computing: Workload = {
  name: 'computing',
  rows: programs.map(({ row }) => row),
  rounds: 8,
  process: 'kept',
  timeoutMs: 60_000,
  async measure({ running }) {
    const rival = await running()
    const readings: Reading[] = []
    for (const { row, source, expected } of programs) {
      readings.push({ row: row.id, value: await timeOf(rival, source, expected) })
    }
    return readings
  },
}
