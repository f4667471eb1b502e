import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const programs = [
  'const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); text(fib(30))',
  'let seed = 1; const numbers = Array.from({ length: 1e6 }, () => (seed = (seed * 48271) % 2147483647)); text(numbers.sort((a, b) => a - b)[0])',
  'const rows = Array.from({ length: 50_000 }, (_, id) => ({ id, name: "record " + id, note: "x".repeat(60) })); text(JSON.parse(JSON.stringify(rows)).length)',
]

/** Programs that compute, including the cost of their cell. */
export const processorWork: Workload = {
  name: 'processor-work',
  measures: [
    { title: 'fib(30)', unit: 'ms' },
    { title: 'Sort of 1,000,000 numbers', unit: 'ms' },
    { title: 'JSON of 5 MB, stringify and parse', unit: 'ms' },
  ],
  needs: [],
  rounds: 4,
  timeoutMs: 120_000,
  isMemoryWatched: false,
  async round({ running }) {
    const readings: (readonly number[])[] = []
    for (const program of programs) readings.push([await timed(() => running.run(program))])
    return readings
  },
}
