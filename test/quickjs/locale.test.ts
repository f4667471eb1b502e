import { expect, test } from 'vitest'
import { cellOf } from './vm-cell.ts'

/** Returns the string that an expression has in a cell. */
function valueOf(expression: string): string {
  const cell = cellOf(`text(String(${expression}))`)
  cell.run()
  return cell.lines[0]?.replace(/^text /, '') ?? ''
}

// The expected strings are those of V8 in the time zone UTC.
test.each([
  ['(1234567.891).toLocaleString()', '1,234,567.891'],
  ['(-0).toLocaleString()', '-0'],
  ['(0.0005).toLocaleString()', '0.001'],
  ['(999.9996).toLocaleString()', '1,000'],
  ['(1e21).toLocaleString()', '1,000,000,000,000,000,000,000'],
  ['NaN.toLocaleString() + Infinity.toLocaleString()', 'NaN∞'],
  ["(1.005).toLocaleString('en-US', { maximumFractionDigits: 2 })", '1.01'],
  ["(5).toLocaleString('en-US', { minimumFractionDigits: 2 })", '5.00'],
  ["(0.456).toLocaleString('en-US', { style: 'percent' })", '46%'],
  ["(-1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })", '-$1,234.50'],
  ["(1234).toLocaleString('en', { style: 'currency', currency: 'JPY' })", '¥1,234'],
  ['(1234).toLocaleString(undefined, { useGrouping: false })', '1234'],
  ['(12345678901234567890n).toLocaleString()', '12,345,678,901,234,567,890'],
  ['[1234.5, 6].toLocaleString()', '1,234.5,6'],
  ['new Date(1e12).toLocaleString()', '9/9/2001, 1:46:40 AM'],
  ['new Date(1e12).toLocaleDateString()', '9/9/2001'],
  ['new Date(1e12).toLocaleTimeString()', '1:46:40 AM'],
  [
    "new Date(1e12).toLocaleDateString('en-US', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })",
    'Sunday, September 9, 2001',
  ],
  ["new Date(1e12).toLocaleDateString('en-US', { month: 'short', day: 'numeric' })", 'Sep 9'],
  ["new Date(1e12).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })", '01:46 AM'],
  [
    "new Date(1e12).toLocaleString('en-US', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' })",
    'Sep 9, 2001, 1:46 AM',
  ],
  ['new Date(NaN).toLocaleString()', 'Invalid Date'],
  ['new Date(1e12)', 'Sun Sep 09 2001 01:46:40 GMT+0000 (Coordinated Universal Time)'],
  ["['b', 'a', 'C', 'ä', 'A', '1', '_x'].sort((x, y) => x.localeCompare(y)).join('')", '_x1aAäbC'],
  ["'item 10'.localeCompare('item 2', undefined, { numeric: true })", '1'],
  ["'résumé'.localeCompare('Resume', 'en', { sensitivity: 'base' })", '0'],
  ['typeof Intl', 'undefined'],
])('%s is what V8 returns', (expression, value) => {
  expect(valueOf(expression)).toBe(value)
})

test.each([
  ["(1).toLocaleString('de-DE')", 'The locale de-DE'],
  ["new Date(0).toLocaleString('en-US', { timeZone: 'Europe/Paris' })", 'The time zone Europe/Paris'],
  ["(1e6).toLocaleString('en-US', { notation: 'compact' })", 'The option notation'],
  ["'a'.localeCompare('b', 'sv')", 'The locale sv'],
])('%s throws, because its value would differ from that of V8', (expression, what) => {
  const cell = cellOf(expression)
  cell.run()
  expect(cell.lines[0]).toContain(`failed RangeError: ${what} is not available without Intl`)
})
