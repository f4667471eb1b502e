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
])('nearestNames() of "%s" returns %j', (wanted, near) => {
  expect(nearestNames(wanted, names, 1)).toEqual(near)
})

test('nearestNames() finds the nearest of 1,000 names', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `mcp__server${index % 50}__tool_number_${index}`)
  expect(nearestNames('mcp__server__tool_numbr_77', many, 1)).toEqual(['mcp__server27__tool_number_77'])
})

test('nearestNames() compares the last 100 characters of long names', () => {
  const end = '_read_file'.padStart(100, 'z')
  const long = [`${'x'.repeat(10_000)}${end}`, `${'x'.repeat(10_000)}${end.replace('file', 'line')}`]
  expect(nearestNames(`${'y'.repeat(10_000)}${end}`, long, 2)).toEqual(long)
})
