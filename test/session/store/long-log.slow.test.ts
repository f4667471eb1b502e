import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession, openSession } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

test('results that are together longer than the log may be are stored', async () => {
  await using store = sqliteStore(join(newFolder(), 'store.db'))
  const hosts = sharedHosts('in-process')
  const gate = new Gate()
  const count = 300
  const source = `const calls = Array.from({ length: ${count} }, (_, n) => tools.gate({ key: n }))
text((await Promise.all(calls)).reduce((sum, { length }) => sum + length, 0)); yield_control(); await tools.gate({})`
  {
    await using session = await createSession({ store, sessionId: 's', hosts, tools: [gate.tool] })
    const yielded = session.execute(source, { yieldTimeMs: 600_000 })
    await gate.called(count)
    while (gate.open('x'.repeat(64_000)));
    expect(textsOf(await yielded)).toEqual([String(count * 64_000)])
  }
  await using session = await openSession({ store, sessionId: 's', hosts, tools: [gate.tool] })
  expect(session.cells()).toEqual(['1'])
  expect(await session.observe('1', { yieldTimeMs: 600_000 })).toMatchObject({ type: 'failed' })
})
