import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { FairQueue, SlotCounts } from '../../../src/session/hosts/fair-queue.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

test('a session whose cells are all busy leaves places to others', async () => {
  await using hosts = createHostPool({ size: 1, maxCells: 8 })
  await using greedy = await createSession({ hosts, limits: { maxCpuMsPerCell: 600_000 } })
  await using modest = await createSession({ hosts })
  const busy = Array.from({ length: 20 }, () => greedy.execute('text("runs"); for (;;);', { yieldTimeMs: 0 }))
  await Promise.all(busy)
  expect(textsOf(await modest.execute('text("has a place")', { yieldTimeMs: 60_000 }))).toEqual(['has a place'])
})

test('a session whose cells all wait gives its places, not those of others', async () => {
  await using hosts = createHostPool({ size: 1, maxCells: 4 })
  const gate = new Gate()
  const evicted: string[] = []
  const heard = (name: string) => ({
    onEvent: ({ type }: { readonly type: string }): void => void (type === 'cell_evicted' && evicted.push(name)),
  })
  await using modest = await createSession({ hosts, tools: [gate.tool], listeners: [heard('modest')] })
  await using greedy = await createSession({ hosts, tools: [gate.tool], listeners: [heard('greedy')] })
  const wait = 'await tools.gate({}); text("done")'
  const patient = { yieldTimeMs: 60_000 }
  const first = modest.execute(wait, patient)
  await gate.called(1)
  const others = Array.from({ length: 30 }, () => greedy.execute(wait, patient))
  await gate.called(31)
  expect(new Set(evicted)).toEqual(new Set(['greedy']))
  while (gate.open(1));
  for (const outcome of await Promise.all([first, ...others])) expect(textsOf(outcome)).toEqual(['done'])
})

test('waiting cells are served in turns, the session with the fewest slots first', () => {
  const [one, two, three] = [{ name: 'one' }, { name: 'two' }, { name: 'three' }]
  const queue = new FairQueue<{ readonly session: object; readonly id: string }>()
  for (const id of ['a', 'b', 'c', 'd']) queue.add({ session: one, id })
  for (const id of ['e', 'f']) queue.add({ session: two, id })
  queue.add({ session: three, id: 'g' })
  expect(queue.size).toBe(7)
  const shares = new SlotCounts(() => [{ session: three }, { session: three }])
  const served: string[] = []
  for (;;) {
    const next = queue.next(shares, () => true)
    if (next === null) break
    queue.take(next)
    shares.add(next.session, 1)
    served.push(next.id)
  }
  expect(served).toEqual(['a', 'e', 'b', 'f', 'g', 'c', 'd'])
})
