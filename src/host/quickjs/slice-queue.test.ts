import { expect, test } from 'vitest'
import { SliceQueue } from './slice-queue.ts'

test('slices run in order, and a slice that throws rejects without stopping the others', async () => {
  const queue = new SliceQueue()
  const order: number[] = []
  const first = queue.add(() => order.push(1))
  const failed = queue.add(() => {
    throw new Error('a fault')
  })
  const last = queue.add(() => order.push(3))
  expect(order).toEqual([])
  await expect(failed).rejects.toThrow('a fault')
  await Promise.all([first, last])
  expect(order).toEqual([1, 3])
})

test('long slices leave turns to other work of the thread', async () => {
  const queue = new SliceQueue()
  const order: string[] = []
  const busy = (name: string) => () => {
    const endAt = performance.now() + 10
    while (performance.now() < endAt);
    order.push(name)
  }
  setImmediate(() => order.push('other'))
  await Promise.all(['a', 'b', 'c'].map((name) => queue.add(busy(name))))
  expect(order.indexOf('other')).toBeLessThan(order.indexOf('c'))
})
