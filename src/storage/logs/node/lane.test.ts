import { expect, test } from 'vitest'
import type { NewRow, RowOutcome } from '../log-database.ts'
import { Lane } from './lane.ts'

/** A lane whose statements the test answers. */
function newLane() {
  const statements: { readonly ids: string[]; settle: (outcome: RowOutcome | Error) => void }[] = []
  const insert = (rows: readonly NewRow[]): Promise<readonly RowOutcome[]> =>
    new Promise((resolve, reject) => {
      const ids = rows.map(({ name }) => name.id)
      const settle = (outcome: RowOutcome | Error): void =>
        outcome instanceof Error ? reject(outcome) : resolve(rows.map(() => outcome))
      statements.push({ ids, settle })
    })
  const lane = new Lane({ where: 'at a host', insert })
  const add = (id: string, { bytes = 1, isRetried = true } = {}): Promise<RowOutcome> =>
    lane.insert(rowOf(id, bytes), { isRetried })
  const sent = (): string[][] => statements.map(({ ids }) => ids)
  const settle = async (index: number, outcome: RowOutcome | Error): Promise<void> => {
    await expect.poll(() => statements.length).toBeGreaterThan(index)
    statements[index]?.settle(outcome)
  }
  return { lane, add, sent, settle }
}

function rowOf(id: string, bytes: number): NewRow {
  const body = new Uint8Array(bytes)
  const name = { tenant: 't', id }
  const empty = { projection: '', approvals: null, taken: [], isTook: false, previousSum: '', sum: '' }
  return { ...empty, name, body, seq: 1, epoch: 1 }
}

test('rows that arrive during a statement share the next one', async () => {
  const { add, sent, settle } = newLane()
  const rows = [add('a'), add('b')]
  await settle(0, 'added')
  expect(await Promise.all(rows)).toStrictEqual(['added', 'added'])
  const first = add('c')
  await expect.poll(sent).toHaveLength(2)
  const more = [add('d'), add('e')]
  await settle(1, 'added')
  await settle(2, 'other_row')
  expect([await first, ...(await Promise.all(more))]).toStrictEqual(['added', 'other_row', 'other_row'])
  expect(sent()).toStrictEqual([['a', 'b'], ['c'], ['d', 'e']])
})

test('a statement has at most 256 rows and 8 MiB', async () => {
  const { add, sent, settle } = newLane()
  const small = Array.from({ length: 300 }, (_, index) => add(String(index)))
  await settle(0, 'added')
  await settle(1, 'added')
  await Promise.all(small)
  const mib = 1024 * 1024
  const large = [add('a', { bytes: 5 * mib }), add('b', { bytes: 5 * mib }), add('c', { bytes: 9 * mib })]
  for (const index of [2, 3, 4]) await settle(index, 'added')
  await Promise.all(large)
  expect(sent().map((ids) => ids.length)).toStrictEqual([256, 44, 1, 1, 1])
})

test('a statement that fails is sent again, row by row, and other rows do not wait for a row that fails', async () => {
  const { lane, add, sent, settle } = newLane()
  const [bad, good] = [add('bad'), add('good')]
  await settle(0, new Error('refused'))
  await expect.poll(() => lane.trouble).toBe('refused')
  await settle(1, new Error('refused'))
  await settle(2, 'added')
  expect(await good).toBe('added')
  await settle(3, 'added')
  expect([await bad, lane.trouble]).toStrictEqual(['added', null])
  expect(sent()).toStrictEqual([['bad', 'good'], ['bad'], ['good'], ['bad']])
})

test('a row that is not retried rejects with the first failure', async () => {
  const { add, sent, settle } = newLane()
  const row = add('a', { isRetried: false })
  await settle(0, new Error('away'))
  await expect(row).rejects.toThrow('away')
  expect(sent()).toHaveLength(1)
})

test('a lane that closes rejects the rows that wait', async () => {
  const { lane, add, settle } = newLane()
  const sent = add('a')
  await settle(0, new Error('away'))
  const waiting = add('b')
  lane.close()
  for (const row of [sent, waiting, add('c')]) {
    await expect(row).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  }
})
