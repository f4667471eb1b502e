import { expect, test } from 'vitest'
import { takenEngine, takenText } from './taken-engine.ts'
import { findV8, loadV8, tryLoad } from './v8-support.ts'

test('V8 is available where isolated-vm has a binary and loads', () => {
  expect([findV8(), loadV8()]).toEqual([{ type: 'available' }, { type: 'available' }])
})

test('V8 is missing when isolated-vm does not load, with the first line of the reason', () => {
  const found = tryLoad(() => {
    throw new Error('version `GLIBC_2.38` not found\nloaded from: /a')
  })
  expect(found).toEqual({
    type: 'missing',
    reason: 'isolated-vm does not load: version `GLIBC_2.38` not found',
    advice: 'Run "npm rebuild isolated-vm"',
  })
  expect(takenText(takenEngine(found))).toBe(
    'engine "auto" took QuickJS: isolated-vm does not load: version `GLIBC_2.38` not found. Run "npm rebuild isolated-vm"',
  )
})

test('engine "auto" takes V8 where it is available', () => {
  expect(takenText(takenEngine(tryLoad(() => undefined)))).toBe('engine "auto" took V8: isolated-vm loads')
})
