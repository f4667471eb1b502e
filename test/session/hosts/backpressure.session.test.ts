import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { maxUnsentBytes, type Transport } from '../../../src/protocol/transport.ts'
import { startChildTransport } from '../../../src/session/hosts/process/child-transport.ts'
import { createPlacedPool } from '../../../src/session/hosts/create-host-pool.ts'
import { LaterHosts } from '../../hostile/host-death/host-processes.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'

const longYieldTime = { yieldTimeMs: 300_000 }
const resultLength = 128 * 1024
const callCount = 48

/** A program that makes many calls at once, and prints the numbers of their results in order. */
const source = `const results = await Promise.all(Array.from({ length: ${callCount} }, () => tools.gate({})))
text(results.map((result) => result.length).join())`

const expected = Array.from({ length: callCount }, (_, index) => resultLength + index).join()

test.each([
  { size: 2, isServed: true, what: 'new cells start on another host' },
  { size: 1, isServed: false, what: 'new cells of a pool with one host wait' },
])('results wait in the session while a host does not read, and $what', async ({ size, isServed }) => {
  const transports: Transport[] = []
  const place = (needs: Parameters<typeof startChildTransport>[0]): Transport => {
    const transport = startChildTransport(needs)
    transports.push(transport)
    return transport
  }
  const later = new LaterHosts()
  const gate = new Gate()
  const watch = new EventWatch()
  await using hosts = createPlacedPool({ place }, { size, warmIsolates: 1 })
  await using session = await createSession({ hosts, tools: [gate.tool], listeners: [watch] })
  const first = session.execute(source, longYieldTime)
  await gate.called(callCount)
  const [pid = 0] = later.pids
  process.kill(pid, 'SIGSTOP')
  for (let index = 0; index < callCount; index++) gate.open('x'.repeat(resultLength + index))
  await watch.waitFor('cell_command', callCount)
  // The system takes a part of them at once.
  const unsentBytes = transports[0]?.unsentBytes
  expect(unsentBytes).toBeGreaterThan(maxUnsentBytes / 2)
  expect(unsentBytes).toBeLessThan(maxUnsentBytes + 2 * resultLength)
  const second = session.execute('text("new")', longYieldTime)
  if (isServed) expect(textsOf(await second)).toEqual(['new'])
  expect(transports[0]?.unsentBytes).toBeLessThan(maxUnsentBytes + 2 * resultLength)
  process.kill(pid, 'SIGCONT')
  expect(textsOf(await first)).toEqual([expected])
  expect(textsOf(await second)).toEqual(['new'])
  expect(gate.calls).toHaveLength(callCount)
})
