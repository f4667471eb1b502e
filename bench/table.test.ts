import { expect, test } from 'vitest'
import type { Figure, Row } from './result.ts'
import { summarize } from './statistics.ts'
import { formatNumber, renderTables } from './table.ts'

function numbers(...samples: readonly number[]): Figure {
  return { type: 'numbers', summary: summarize(samples) }
}

test('renderTables() shows medians with ratios, and the spread of several samples', () => {
  const rows: readonly Row[] = [
    {
      measure: { title: 'Cell', unit: 'ms' },
      figures: new Map([
        ['ours', numbers(1, 2, 3)],
        ['bare', numbers(4)],
      ]),
    },
    {
      measure: { title: 'Cells', unit: 'per second' },
      figures: new Map([
        ['ours', numbers(1000)],
        ['bare', numbers(500)],
      ]),
    },
    {
      measure: { title: 'Call', unit: 'ms' },
      figures: new Map([
        ['ours', numbers(1)],
        ['bare', numbers(-0.1)],
      ]),
    },
    {
      measure: { title: 'Bomb', unit: 'fate' },
      figures: new Map<'ours' | 'bare', Figure>([
        ['ours', { type: 'none' }],
        ['bare', { type: 'text', text: 'the | whole\nhost' }],
      ]),
    },
  ]
  expect(renderTables(rows, ['ours', 'bare', 'run'])).toBe(
    `
Median, and in parentheses how many times better ours is:

| workload | ours | bare | run |
| --- | --: | --: | --: |
| Cell, ms | 2.00 | 4.00 (2.00×) | – |
| Cells, per second | 1,000 | 500 (2.00×) | – |
| Call, ms | 1.00 | -0.10 | – |
| Bomb | – | the / whole host | – |

Fastest and 95th percentile:

| workload | ours | bare | run |
| --- | --: | --: | --: |
| Cell, ms | 1.00 … 2.90 | 4.00 … 4.00 | – |
`.trim(),
  )
})

test('renderTables() cuts a long text', () => {
  const figures = new Map([['run', { type: 'text', text: 'x'.repeat(81) }]] as const)
  const lines = renderTables([{ measure: { title: 'Cell', unit: 'ms' }, figures }], ['run']).split('\n')
  expect(lines.at(-1)).toBe(`| Cell, ms | ${'x'.repeat(79)}… |`)
})

test.each([
  [0.1234, '0.12'],
  [9.876, '9.88'],
  [12.34, '12.3'],
  [1234.5, '1,235'],
  [-0.5, '-0.50'],
])('formatNumber(%d) is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
})
