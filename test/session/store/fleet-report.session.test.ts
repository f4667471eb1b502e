import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createSession, readSession } from '../../../src/index.ts'
import { fleetReport, markDraining, sqliteStore, type SharedStore } from '../../../src/store.ts'
import { packageVersion } from '../../../src/installation/package-version.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { testEngine, testEngineVersion } from '../../support/engine.ts'

const hosts = sharedHosts('in-process')

function openStore(path: string, tenant: string): SharedStore {
  const store = sqliteStore(path, { tenant, address: `http://${tenant}.internal` })
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

test('fleetReport() counts the sessions of all tenants, or of one, and their running cells by engine', async () => {
  const path = join(newFolder(), 'store.db')
  const [acme, bravo] = [openStore(path, 'acme'), openStore(path, 'bravo')]
  const gate = new Gate()
  await using first = await createSession({ store: acme, sessionId: 's', hosts, tools: [gate.tool] })
  await using second = await createSession({ store: bravo, sessionId: 's', hosts, tools: [gate.tool] })
  for (const session of [first, first, second]) {
    await session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })
  }
  await gate.called(3)
  await first.execute('text(1)')
  const { engines } = await readSession({ store: acme, sessionId: 's' })
  await markDraining(bravo)
  const report = await fleetReport(acme)
  expect(report.tenants).toMatchObject([
    { tenant: 'acme', sessions: 1, openSessions: 1, cells: { running: 2, finished: 0, closed: 1 } },
    { tenant: 'bravo', sessions: 1, openSessions: 1, cells: { running: 1, finished: 0, closed: 0 } },
  ])
  const name = `${testEngine} ${testEngineVersion}`
  expect(report.engines).toEqual([{ engine: engines[0]?.id, name, cells: 3 }])
  expect(report.nodes).toMatchObject([
    { address: 'http://acme.internal', build: packageVersion, isDraining: false, isReader: true, sessions: 1 },
    { address: 'http://bravo.internal', build: packageVersion, isDraining: true, isReader: false, sessions: 1 },
  ])
  const ofBravo = await fleetReport(acme, { tenant: 'bravo' })
  expect([ofBravo.tenants.length, ofBravo.engines[0]?.cells]).toEqual([1, 1])
  for (let call = 0; call < 3; call++) gate.open(null)
})

test.each([
  [() => fleetReport(Object.create(null)), 'Cannot use the option "store"'],
  [(store: SharedStore) => fleetReport(store, { tenant: '../x' }), 'tenant'],
  [(store: SharedStore) => fleetReport(store, Object({ tenants: 'x' })), 'tenants'],
  [(store: SharedStore) => fleetReport(store, Object({ tenant: 1 })), 'expected a string'],
  [() => markDraining(Object.create(null)), 'Cannot use the option "store"'],
])('wrong arguments are refused (%#)', async (call, text) => {
  const store = openStore(join(newFolder(), 'store.db'), 'acme')
  await expect(call(store)).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(text) })
})
