import { timeOf, type Workload } from './workload.ts'

const row = { id: 'big-result', title: '10 MB tool result filtered to 100 bytes', unit: 'ms' }
const source = `const rows = await tools.bulk({});
  text(rows.filter(({ id }) => id === 777).map(({ name }) => name.slice(0, 100)).join())`

export const bigResult: Workload = {
  name: 'big-result',
  rows: [row],
  rounds: 10,
  process: 'kept',
  timeoutMs: 20_000,
  measure: async ({ running }) => [
    { row: row.id, value: await timeOf(await running(), source, '777 '.padEnd(100, 'x')) },
  ],
}
