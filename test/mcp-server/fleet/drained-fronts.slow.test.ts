import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { call, startNode } from './fleet.ts'

const late = 'await new Promise((go) => setTimeout(go, 2500)); text("late")'
const yields = { yield_time_ms: 30_000 }

/** Starts an owner of the session, in which cell 1 runs, and another server. */
async function startPair(gate: Gate): Promise<{
  readonly owner: Awaited<ReturnType<typeof startNode>>
  readonly front: Awaited<ReturnType<typeof startNode>>
}> {
  const path = join(newFolder(), 'store.db')
  const owner = await startNode({ path, tools: [gate.tool] })
  await call(owner.url, 'exec', { code: `// @exec: {"yield_time_ms": 1}\n${late}` })
  return { owner, front: await startNode({ path, tools: [gate.tool] }) }
}

test('a server that drains waits for the responses of other servers to its clients', async () => {
  const gate = new Gate()
  const { front } = await startPair(gate)
  const waiting = call(front.url, 'wait', { cell_id: '1', ...yields })
  const executing = call(front.url, 'exec', { code: `await tools.gate({}); ${late}`, ...yields })
  await gate.called(1)
  gate.open(null)
  await front.drain({ timeoutMs: 60_000, yieldMs: 0 })
  expect(await Promise.all([waiting, executing].map(async (each) => (await each).text()))).toEqual([
    expect.stringContaining('late'),
    expect.stringContaining('late'),
  ])
})

test('a server whose drain is over ends the requests at other servers, and their output is not lost', async () => {
  const gate = new Gate()
  const { owner, front } = await startPair(gate)
  const executing = call(front.url, 'exec', { code: 'text(await tools.gate({}))', ...yields }).then(
    ({ status }) => status,
    () => 'no response',
  )
  await gate.called(1)
  await front.drain({ timeoutMs: 100, yieldMs: 0 })
  expect(await executing).toBe('no response')
  gate.open('late')
  expect(await (await call(owner.url, 'wait', { cell_id: '2', ...yields })).text()).toContain('late')
})
