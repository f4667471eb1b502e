import { expect, test } from 'vitest'
import { usesDefaultHost } from './uses-default-host.ts'

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
