import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }
const spin = 'text("before"); yield_control(); for (;;);'
/** A builtin that checks for no interrupt. */
const hang = 'text("before"); yield_control(); [].indexOf.call({ length: 2 ** 53 - 1 }, 1)'

test('cells that compute without end delay no new cell of their host', async () => {
  await using hosts = createHostPool({ engine: 'quickjs', size: 1 })
  await using session = await createSession({ hosts })
  const spinning = await Promise.all(
    Array.from({ length: 6 }, (_, index) => session.execute(index % 2 === 0 ? spin : hang, longYieldTime)),
  )
  expect(spinning.map((outcome) => [outcome.type, ...textsOf(outcome)])).toEqual(
    spinning.map(() => ['yielded', 'before']),
  )
  expect(textsOf(await session.execute('text("next")', longYieldTime))).toEqual(['next'])
})

test.each([
  ['loops', spin],
  ['runs a builtin that cannot be interrupted', hang],
])('a cell that waits on the thread of a cell that %s resumes on another thread', async (_name, source) => {
  const gate = new Gate()
  await using hosts = createHostPool({ engine: 'quickjs', size: 1 })
  await using session = await createSession({ hosts, tools: [gate.tool] })
  const waiting = Array.from({ length: 6 }, (_, index) =>
    session.execute(
      `text(1); const r = await tools.gate({ index: ${index} }); text(r); text(await tools.gate({}))`,
      longYieldTime,
    ),
  )
  await gate.called(6)
  const spinning = await Promise.all(Array.from({ length: 6 }, () => session.execute(source, longYieldTime)))
  for (let index = 0; index < 6; index++) gate.open('a')
  await gate.called(12)
  for (let index = 0; index < 6; index++) gate.open('b')
  for (const outcome of await Promise.all(waiting)) {
    expect([outcome.type, ...textsOf(outcome)]).toEqual(['completed', '1', 'a', 'b'])
  }
  expect(gate.calls).toHaveLength(12)
  for (const { cellId } of spinning) expect(await session.terminate(cellId)).toMatchObject({ type: 'terminated' })
})

test('a thread that cannot be interrupted ends with its cell, and the other cells on it resume', async () => {
  const gate = new Gate()
  await using hosts = createHostPool({ engine: 'quickjs', size: 1 })
  await using session = await createSession({ hosts, tools: [gate.tool], limits: { maxCpuMsPerCell: 300 } })
  const waiting = Array.from({ length: 6 }, (_, index) =>
    session.execute(`text(await tools.gate({ index: ${index} }))`, longYieldTime),
  )
  await gate.called(6)
  const hanging = await Promise.all(Array.from({ length: 4 }, () => session.execute(hang, longYieldTime)))
  for (const { cellId } of hanging) {
    expect(await session.observe(cellId, longYieldTime)).toMatchObject({ type: 'failed', limit: 'cpu_ms' })
  }
  for (let index = 0; index < 6; index++) gate.open('a')
  for (const outcome of await Promise.all(waiting)) {
    expect([outcome.type, ...textsOf(outcome)]).toEqual(['completed', 'a'])
  }
  expect(gate.calls).toHaveLength(6)
})
