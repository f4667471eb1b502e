import { expect, test } from 'vitest'
import { TextQuota } from '../../memory/spillable-texts.ts'
import { snapshotRecords, StateSnapshot } from './state-snapshot.ts'

const roomy = new TextQuota({ memory: Infinity, disk: 0 })
const body = 'x'.repeat(100_000)
const other = 'y'.repeat(60_000)

test('a snapshot has all parts of its latest records', () => {
  const snapshot = new StateSnapshot(roomy)
  for (const record of [...snapshotRecords(1, body), ...snapshotRecords(1, other)]) snapshot.apply(record)
  expect(snapshot.body).toBe(other)
  expect(snapshot.length).toBe(other.length)
  snapshot.apply({ type: 'snapshot', cell: 1, part: 0, parts: 0, body: '' })
  expect(snapshot.body).toBeNull()
})

test('a snapshot whose parts end, repeat or are out of order does not count', () => {
  const parts = snapshotRecords(1, body)
  expect(parts.length).toBe(3)
  for (const order of [[0], [0, 1], [1, 2], [0, 2], [0, 0, 2], [0, 1, 1], [2, 1, 0], [0, 1, 0]]) {
    const snapshot = new StateSnapshot(roomy)
    for (const record of snapshotRecords(1, other)) snapshot.apply(record)
    for (const at of order) for (const record of parts.slice(at, at + 1)) snapshot.apply(record)
    expect(snapshot.body, order.join()).toBeNull()
  }
})

test('a snapshot without room is dropped', () => {
  const snapshot = new StateSnapshot(new TextQuota({ memory: 10, disk: 10 }))
  for (const record of snapshotRecords(1, body)) snapshot.apply(record)
  expect(snapshot.body).toBeNull()
})
