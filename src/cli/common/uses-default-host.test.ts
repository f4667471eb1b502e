import { expect, test } from 'vitest'
import { earlyEngine, usesDefaultHost } from './uses-default-host.ts'

test.each([
  { args: ['exec', 'cell.js'], expected: true },
  { args: ['exec', '-', '--quiet', '--config', 'mcp.json'], expected: true },
  { args: ['exec'], expected: false },
  { args: ['exec', 'cell.js', '--profile', 'strict'], expected: false },
  { args: ['exec', 'cell.js', '--memory-mb=64'], expected: false },
  { args: ['exec', '--help'], expected: false },
  { args: ['tools'], expected: false },
  { args: [], expected: false },
])('a host starts early for $args: $expected', ({ args, expected }) => {
  expect(usesDefaultHost(args)).toBe(expected)
})

test.each([
  { args: ['exec', 'cell.js'], expected: 'v8' },
  { args: ['exec', 'cell.js', '--engine', 'auto'], expected: 'v8' },
  { args: ['exec', 'cell.js', '--engine', 'quickjs'], expected: 'quickjs' },
  { args: ['exec', '--engine=quickjs', 'cell.js'], expected: 'quickjs' },
  { args: ['exec', '--engine=v8', 'cell.js'], expected: 'v8' },
])('the early host for $args has the engine $expected', ({ args, expected }) => {
  expect(earlyEngine(args)).toBe(expected)
})
