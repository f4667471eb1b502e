import { expect, test } from 'vitest'
import { nearestNames } from './nearest-names.ts'

const names = ['mcp__fs__read_file', 'mcp__fs__write_file', 'mcp__git__log', 'search', 'readme', 'oldText', 'weather']

test.each([
  ['read_file', ['mcp__fs__read_file']],
  ['mcp__fs__read_fil', ['mcp__fs__read_file']],
  ['mcp__fs__readFile', ['mcp__fs__read_file']],
  ['read_fiel', ['mcp__fs__read_file']],
  ['file_read', ['mcp__fs__read_file']],
  ['mcp__disk__read_file', ['mcp__fs__read_file']],
  ['old_text', ['oldText']],
  ['serach', ['search']],
  ['log', ['mcp__git__log']],
  ['mcp__disk__read_f', []],
  ['mcp__disk__write_fil', ['mcp__fs__write_file']],
  ['frobnicate', []],
  ['', []],
  ['x', []],
])('near %s are %j', (wanted, near) => {
  expect(nearestNames(wanted, names, 1)).toEqual(near)
})

test('names of any length, and ten thousand of them, cost little', { timeout: 120_000 }, () => {
  const many = Array.from(
    { length: 10_000 },
    (_, index) => `mcp__server${index % 50}__tool_number_${index}${'x'.repeat(index % 300)}`,
  )
  const before = process.cpuUsage()
  nearestNames('y'.repeat(1_000_000), many, 3)
  nearestNames('mcp__server__tool_numbr_77', many, 3)
  // Compared letter by letter it would be hours.
  expect(process.cpuUsage(before).user).toBeLessThan(60_000_000)
})
