import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CodeModeCore } from '../../../src/adapters/code-mode/code-mode-core.ts'
import { createSession } from '../../../src/index.ts'
import { LogStore } from '../../../src/storage/shared/shared-store.ts'
import { sqliteStore, type SharedStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { quiet } from '../barriers/gated-session.ts'
import { Gate } from '../../support/gate.ts'

const hosts = sharedHosts('in-process')

function newStore(file: string): SharedStore {
  const store = sqliteStore(file)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

async function openOn(store: SharedStore, gate: Gate): Promise<CodeModeCore> {
  const core = await CodeModeCore.open([gate.tool], { store, sessionId: 's', hosts }, 'none')
  onTestFinished(() => core[Symbol.asyncDispose]())
  return core
}

async function wait(core: CodeModeCore): Promise<readonly string[]> {
  const { notifications } = await core.wait(core.parseWait({ cell_id: '1', yield_time_ms: 600_000 }), {
    callId: 'wait',
  })
  return notifications
}

test('notifications that no response has delivered are in the next response, whichever process gives it, once', async () => {
  const store = newStore(join(newFolder(), 'store.db'))
  const gates = [new Gate(), new Gate(), new Gate()] as const
  {
    await using core = await openOn(store, gates[0])
    const source =
      'yield_control(); await new Promise((done) => setTimeout(done, 1)); notify("a"); notify("b"); await tools.gate({}).catch(() => {}); notify("c"); await new Promise(() => {})'
    const first = await core.exec({ code: source }, { callId: 'call' })
    expect(first.notifications).toEqual([])
    await gates[0].called(1)
    // A notification whose delivery was not recorded is delivered again.
    await quiet()
  }
  {
    await using core = await openOn(store, gates[1])
    await expect.poll(() => core.session.ledger()[0]?.state).toBe('unknown')
  }
  {
    await using core = await openOn(store, gates[2])
    expect(await wait(core)).toEqual(['a', 'b', 'c'])
  }
  await using core = await openOn(store, gates[2])
  expect(core.session.cells()).toEqual(['1'])
  const { notifications } = await core.wait(core.parseWait({ cell_id: '1', terminate: true }), { callId: 'end' })
  expect(notifications).toEqual([])
})

test('notifications of a cell that ended are kept for the response that reports its end', async () => {
  const store = newStore(join(newFolder(), 'store.db'))
  const gate = new Gate()
  {
    await using core = await openOn(store, gate)
    await core.exec(
      { code: 'yield_control(); await new Promise((done) => setTimeout(done, 1)); notify("last"); text(1)' },
      { callId: 'call' },
    )
    await expect
      .poll(
        async () =>
          (await LogStore.logsOf(store).then((logs) => logs.read({ tenant: 'default', id: 's' }))).counts.finished,
      )
      .toBe(1)
  }
  await using core = await openOn(store, gate)
  expect(await wait(core)).toEqual(['last'])
  await core[Symbol.asyncDispose]()
  await using session = await createSession({ store, sessionId: 's', hosts })
  expect(session.cells()).toEqual([])
})
