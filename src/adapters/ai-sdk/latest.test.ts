import { expect, test } from 'vitest'
import { Latest } from './latest.ts'

test('a slow reader gets the latest value each time, and the last value before the end', async () => {
  const latest = new Latest<number>()
  const { promise: end, resolve } = Promise.withResolvers<void>()
  const values: number[] = []
  latest.set(1)
  latest.set(2)
  for await (const value of latest.until(end)) {
    values.push(value)
    if (value === 2) {
      latest.set(3)
      latest.set(4)
    }
    if (value === 4) {
      latest.set(5)
      resolve()
    }
  }
  expect(values).toEqual([2, 4, 5])
})

test('a rejected end ends the values without an error', async () => {
  const latest = new Latest<number>()
  const values: number[] = []
  for await (const value of latest.until(Promise.reject(new TypeError('no')))) values.push(value)
  expect(values).toEqual([])
})
