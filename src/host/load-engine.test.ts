import { expect, test } from 'vitest'
import { engineSettingsIn } from './load-engine.ts'

test('a host program has V8 without arguments, or the engine of its arguments', () => {
  expect(engineSettingsIn(['node', 'main.js'])).toEqual({ name: 'v8', maxThreads: undefined })
  expect(engineSettingsIn(['--engine', 'quickjs'])).toEqual({ name: 'quickjs', maxThreads: undefined })
  expect(engineSettingsIn(['--engine', 'quickjs', '--max-threads', '24'])).toEqual({ name: 'quickjs', maxThreads: 24 })
})

test.each([['--engine'], ['--engine', 'spidermonkey']])('a host program refuses the engine of %s %s', (...args) => {
  expect(() => engineSettingsIn(args)).toThrow(/^Cannot start a host: expected --engine v8 or quickjs, got ".*"$/)
})
