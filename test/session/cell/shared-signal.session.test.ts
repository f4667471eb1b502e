import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { collectGarbage } from '../../support/collect-garbage.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

// An agent passes the same signal to everything that it does for its user.

const hosts = sharedHosts('default')

const day = 86_400_000

const waitingProgram = (key: number): string => `text(await tools.gate({ key: "${key}" }))`

test('a signal that many observations share keeps no listener of ended observations', async () => {
  const gate = new Gate()
  await using session = await createSession({ hosts, tools: [gate.tool] })
  const user = new AbortController()
  const preempt = new AbortController()
  const options = { yieldTimeMs: day, signal: user.signal, preempt: preempt.signal }
  const cells = Array.from({ length: 20 }, (_, key) => session.execute(waitingProgram(key), options))
  await gate.called(cells.length)
  expect(getEventListeners(user.signal, 'abort')).toHaveLength(cells.length)
  await collectGarbage()
  for (const key of cells.keys()) gate.open('open', String(key))
  await Promise.all(cells)
  expect(getEventListeners(user.signal, 'abort')).toHaveLength(0)
  expect(getEventListeners(preempt.signal, 'abort')).toHaveLength(0)
})

test('the signal of an ended observation does not abort the next one', async () => {
  const gate = new Gate()
  await using session = await createSession({ hosts, tools: [gate.tool] })
  const user = new AbortController()
  const yielding = Array.from({ length: 5 }, (_, key) =>
    session.execute(`${waitingProgram(key)}; yield_control(); ${waitingProgram(key + 10)}`, {
      yieldTimeMs: day,
      signal: user.signal,
    }),
  )
  await gate.called(yielding.length)
  await collectGarbage()
  for (const key of yielding.keys()) gate.open('first', String(key))
  const yielded = await Promise.all(yielding)
  const later = yielded.map(({ cellId }) => session.observe(cellId, { yieldTimeMs: day }))
  user.abort()
  await gate.called(2 * yielding.length)
  for (const key of yielding.keys()) gate.open('second', String(key + 10))
  expect((await Promise.all(later)).map(textsOf)).toEqual(yielding.map(() => ['second']))
})
