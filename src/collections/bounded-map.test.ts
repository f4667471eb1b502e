import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

function mapOf(
  maxSize: number,
  keys: string,
): { readonly map: BoundedMap<string, string>; readonly removed: string[] } {
  const removed: string[] = []
  const map = new BoundedMap<string, string>(maxSize, (value) => removed.push(value))
  for (const key of keys) map.set(key, key.toUpperCase())
  return { map, removed }
}

test('the oldest entry makes room for a new one', () => {
  const { map, removed } = mapOf(2, 'abc')
  expect([map.size, map.has('a'), map.get('b'), map.get('c')]).toEqual([2, false, 'B', 'C'])
  expect(removed).toEqual(['A'])
})

test('an entry that is set again keeps its age', () => {
  expect(mapOf(2, 'abac').removed).toEqual(['A'])
})

test('an entry that is deleted and set again is the newest', () => {
  const { map, removed } = mapOf(2, 'ab')
  map.delete('a')
  map.set('a', '1')
  map.set('c', '2')
  expect(removed).toEqual(['B'])
  expect(map.get('a')).toBe('1')
})

test('the oldest entry can be removed before the map is full', () => {
  const { map, removed } = mapOf(5, 'ab')
  map.removeOldest()
  map.removeOldest()
  map.removeOldest()
  expect([map.size, removed]).toEqual([0, ['A', 'B']])
})
