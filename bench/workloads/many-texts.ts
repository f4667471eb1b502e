import { timeOf, type Workload } from './workload.ts'

const row = { id: 'many-texts', title: '10,000 `text()` calls', unit: 'ms' }
const source = 'for (let i = 0; i < 10000; i++) text("line " + i)'

export const manyTexts: Workload = {
  name: 'many-texts',
  rows: [row],
  rounds: 12,
  process: 'kept',
  timeoutMs: 15_000,
  measure: async ({ running }) => [{ row: row.id, value: await timeOf(await running(), source, 'line 9999') }],
}
