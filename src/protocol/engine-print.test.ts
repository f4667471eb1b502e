import { expect, test } from 'vitest'
import {
  anyPrintOf,
  enginePrintDifferences,
  isSameEngine,
  missingEngineReason,
  parseEnginePrint,
  type EnginePrint,
} from './engine-print.ts'

const print: EnginePrint = {
  name: 'v8',
  version: '13.6.233',
  prelude: '0123456789abcdef',
  flags: '',
  icu: '77.1',
  tz: '2025b',
  timeZone: 'UTC',
  locale: 'en_US.UTF-8',
}

test('a print survives JSON', () => {
  expect(parseEnginePrint(JSON.parse(JSON.stringify(print)))).toEqual(print)
})

test.each([undefined, null, 'v8', 1, []])('%j is not a print', (value) => {
  expect(parseEnginePrint(value)).toBeNull()
})

test('a malformed member is unknown, and a long one is cut', () => {
  expect(parseEnginePrint({ ...print, version: 13, flags: 'x'.repeat(1000) })).toEqual({
    ...print,
    version: '',
    flags: 'x'.repeat(200),
  })
})

test('the members that differ are named', () => {
  const other = { ...print, version: '14.1', flags: '--jitless', timeZone: 'Europe/Paris' }
  expect(enginePrintDifferences(other, print)).toEqual([
    'version 14.1 instead of 13.6.233',
    'flags --jitless instead of none',
    'time zone Europe/Paris instead of UTC',
  ])
})

test('equal prints do not differ, and neither do unknown members', () => {
  expect(enginePrintDifferences(print, print)).toEqual([])
  expect(enginePrintDifferences({ ...print, timeZone: '', version: '' }, print)).toEqual([])
})

test('the print of any version equals every print of its engine, with any flags, and no other', () => {
  for (const flags of ['', '--jitless']) {
    expect(isSameEngine(anyPrintOf('v8'), { ...print, flags })).toBe(true)
    expect(isSameEngine({ ...print, flags }, anyPrintOf('quickjs'))).toBe(false)
  }
  expect(isSameEngine({ ...print, flags: '--jitless' }, print)).toBe(false)
  expect(missingEngineReason(anyPrintOf('quickjs'))).toBe('no host has the engine quickjs')
})
