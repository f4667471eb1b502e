import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('tenants are listed by their use, and only those with the given names', () => {
  const slots = new Slots(10, 3)
  for (const tenant of ['a', 'b', 'b', 'c', 'c', 'c']) expect(slots.take(tenant)).toBeNull()
  slots.release('a')
  expect(slots.tenants([])).toEqual([
    { tenant: 'c', used: 3 },
    { tenant: 'b', used: 2 },
  ])
  expect(slots.tenants(['a', 'b'])).toEqual([{ tenant: 'b', used: 2 }])
})
