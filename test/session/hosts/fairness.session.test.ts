import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { FairQueue, SlotCounts } from '../../../src/session/hosts/fair-queue.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

test('a session whose cells are all busy leaves slots to other sessions', async () => {
  await using hosts = createHostPool({ size: 1, maxCells: 8 })
  await using greedy = await createSession({ hosts, limits: { maxCpuMsPerCell: 600_000 } })
  await using modest = await createSession({ hosts })
  const busy = Array.from({ length: 20 }, () => greedy.execute('text("runs"); for (;;);', { yieldTimeMs: 0 }))
  await Promise.all(busy)
  expect(textsOf(await modest.execute('text("has a slot")', { yieldTimeMs: 60_000 }))).toEqual(['has a slot'])
})

test('a session whose cells all wait releases its own slots, not those of other sessions', async () => {
  await using hosts = createHostPool({ size: 1, maxCells: 4 })
  const gate = new Gate()
  const evicted: string[] = []
  const listenerNamed = (name: string) => ({
    onEvent: ({ type }: { readonly type: string }): void => void (type === 'cell_evicted' && evicted.push(name)),
  })
  await using modest = await createSession({ hosts, tools: [gate.tool], listeners: [listenerNamed('modest')] })
  await using greedy = await createSession({ hosts, tools: [gate.tool], listeners: [listenerNamed('greedy')] })
  const wait = 'await tools.gate({}); text("done")'
  const longYieldTime = { yieldTimeMs: 60_000 }
  const first = modest.execute(wait, longYieldTime)
  await gate.called(1)
  const others = Array.from({ length: 30 }, () => greedy.execute(wait, longYieldTime))
  await gate.called(31)
  expect(new Set(evicted)).toEqual(new Set(['greedy']))
  while (gate.open(1));
  for (const outcome of await Promise.all([first, ...others])) expect(textsOf(outcome)).toEqual(['done'])
})

test('the queue serves waiting sessions in turn, starting with the session that has the fewest slots', () => {
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
