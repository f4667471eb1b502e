import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startInProcessHost } from '../../../src/host/in-process.ts'
import { loadEngine } from '../../../src/host/load-engine.ts'
import { createSession } from '../../../src/index.ts'
import type { Transport } from '../../../src/protocol/transport.ts'
import { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

test('a host whose thread ignores its termination is replaced, and its cells resume', async () => {
  let starts = 0
  const firstEnded = Promise.withResolvers<void>()
  const place = (): Transport => {
    starts++
    const host = startInProcessHost(() => loadEngine('quickjs', 1))
    void host.ended.then(() => firstEnded.resolve())
    return host
  }
  const gate = new Gate()
  await using hosts = new LocalHostPool({
    place,
    engine: 'quickjs',
    min: 1,
    max: 1,
    warmIsolates: 0,
    memoryMb: 64,
  })
  await using session = await createSession({ hosts, tools: [gate.tool], limits: { maxCpuMsPerCell: 300 } })
  const hanging = await session.execute('yield_control(); [].reverse.call({ length: 2 ** 53 - 1 })', longYieldTime)
  // The worker of the cell keeps computing, as if its engine never looked whether it must end.
  const ignored: Worker[] = []
  const terminate = vi.spyOn(Worker.prototype, 'terminate').mockImplementation(function (this: Worker) {
    ignored.push(this)
    return new Promise(() => undefined)
  })
  onTestFinished(async () => {
    terminate.mockRestore()
    await Promise.all(ignored.map((worker) => worker.terminate()))
  })
  expect(await session.observe(hanging.cellId, longYieldTime)).toMatchObject({ type: 'failed', limit: 'cpu_ms' })
  const bystander = session.execute('text(await tools.gate({}))', longYieldTime)
  await gate.called(1)
  await firstEnded.promise
  gate.open('resumed')
  expect([starts, ...textsOf(await bystander)]).toEqual([2, 'resumed'])
  expect(gate.calls).toHaveLength(1)
})
