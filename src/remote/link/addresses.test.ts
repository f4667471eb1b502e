import { expect, test } from 'vitest'
import { hostPortText, isLoopback, parseHostPort } from './addresses.ts'

test.each([
  ['hosts.internal:7700', 'hosts.internal', 7700],
  ['10.0.0.1:1', '10.0.0.1', 1],
  ['[::1]:65535', '::1', 65_535],
  ['localhost:0', 'localhost', 0],
])('%s is a host with a port', (text, host, port) => {
  expect(parseHostPort(text, 'addresses')).toEqual({ host, port })
  expect(hostPortText(host, port)).toBe(text)
})

test.each([
  'hosts',
  'hosts:',
  'hosts:x',
  'hosts:65536',
  'hosts:-1',
  '::1:7700',
  '[10.0.0.1]:1',
  '[::1]',
  'https://h:1',
  'a b:1',
  ':7700',
  '',
])('%j is not a host with a port', (text) => {
  expect(() => parseHostPort(text, 'addresses')).toThrow(/^Cannot use addresses ".*": expected HOST:PORT/)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['128.0.0.1', false],
  ['localhost', false],
])('the loopback check of %s returns %s', (ip, expected) => {
  expect(isLoopback(ip)).toBe(expected)
})
