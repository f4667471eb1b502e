import { readFileSync, writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCodeModeTools, createHostPool, createSession, type Session } from '../../../src/index.ts'
import { createTraceRecorder, exportJsonLines, makeViewData, showTrace } from '../../../src/trace.ts'
import { LaterHosts } from '../../hostile/host-death/host-processes.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { record, reduced } from '../recorder/recorded.ts'
import { expectPrintedEverywhere } from './expect-printed.ts'

// Output that no response of the model delivered, or whose response or log is missing.

/** Returns the lines of printed output in `trace show --full`, and the outputs in JSON lines. */
function shownIn(directory: string): { readonly show: readonly string[]; readonly rows: readonly unknown[] } {
  const { state, bundle } = reduced(directory)
  const lines = [...showTrace(state, bundle, { full: true })]
  const rows = Array.from(exportJsonLines(state, bundle), (line) => JSON.parse(line))
  return {
    show: lines.flatMap((line) => /^ +> (.*)$/.exec(line)?.slice(1) ?? []),
    rows: rows.filter(({ type }) => type === 'cell').map(({ output }) => output),
  }
}

const linesOf = (directory: string): string => readFileSync(join(directory, 'cells/1.jsonl'), 'utf8')

const late = `text("be" + "fore"); yield_control()
await tools.gate({})
text("af" + "ter"); text("last")`

test('output after the last response of a terminated cell and of a closed session is shown', async () => {
  for (const isTerminated of [true, false]) {
    const gate = new Gate()
    const { directory } = await record({ tools: [gate.tool] }, async ({ recorder, model }) => {
      const { cellId } = await model.exec.call(`${late}; await new Promise(() => {})`)
      await gate.called(1)
      gate.open('')
      await expect.poll(() => linesOf(recorder.directory), { timeout: 20_000 }).toContain('"last"}')
      if (isTerminated && cellId !== null) await model.wait.call({ cell_id: cellId, terminate: true })
    })
    expect(shownIn(directory)).toEqual({ show: ['before', 'after', 'last'], rows: ['before\nafter\nlast'] })
    expectPrintedEverywhere(directory)
  }
})

test('the output of an evicted cell is shown once', async () => {
  const gate = new Gate()
  const options = { tools: [gate.tool], evictAfterMs: 0 }
  const { directory } = await record(options, async ({ recorder, model }) => {
    const { cellId } = await model.exec.call(late)
    await expect.poll(() => linesOf(recorder.directory), { timeout: 20_000 }).toContain('"type":"evicted"')
    gate.open('')
    if (cellId !== null) await model.wait.call({ cell_id: cellId })
  })
  expect(shownIn(directory).show).toEqual(['before', 'after', 'last'])
  expectPrintedEverywhere(directory)
})

test.runIf(process.platform === 'linux')(
  'the output of a cell that resumes on another host is shown once',
  async () => {
    const ownHosts = new LaterHosts()
    const gate = new Gate()
    await using hosts = createHostPool({ size: 1 })
    const { directory } = await record({ tools: [gate.tool], hosts }, async ({ model }) => {
      const { cellId } = await model.exec.call(late)
      await gate.called(1)
      ownHosts.kill()
      gate.open('')
      if (cellId !== null) await model.wait.call({ cell_id: cellId })
    })
    expect(shownIn(directory).show).toEqual(['before', 'after', 'last'])
    expectPrintedEverywhere(directory)
  },
)

test('a cell that a stored session resumes has all of its output in both bundles', async () => {
  const storage = newFolder()
  const gate = new Gate()
  const open = async (): Promise<{ session: Session; directory: string; close: () => Promise<void> }> => {
    const recorder = createTraceRecorder({ root: newFolder() })
    const listeners = [recorder.rootThread.listen()]
    const options = { storage, sessionId: 's', hosts: sharedHosts('in-process'), listeners }
    const session = await createSession({ ...options, tools: [{ ...gate.tool, idempotent: true }] })
    const close = async (): Promise<void> => {
      await session.close()
      await recorder.close()
    }
    return { session, directory: recorder.directory, close }
  }
  const first = await open()
  await first.session.execute(`text("first"); yield_control(); text("unread"); await tools.gate({}); text("last")`)
  await gate.called(1)
  await first.close()
  const second = await open()
  await gate.called(2)
  gate.open('')
  gate.open('')
  const model = createCodeModeTools(second.session)
  for (let cellId: string | null = '1'; cellId !== null;)
    ({ cellId } = await model.wait.call({ cell_id: cellId, yield_time_ms: 50 }))
  await second.close()
  expect(shownIn(first.directory).show).toEqual(['first', 'unread'])
  expect(shownIn(second.directory).show).toEqual(['first', 'unread', 'last'])
  expectPrintedEverywhere(second.directory)
})

test('without cell logs, the output is that of all responses', async () => {
  const { directory } = await record({}, async ({ model }) => {
    let { cellId } = await model.exec.call(`// @exec: {"yield_time_ms": 5}
      for (let n = 1; n < 5; n++) { text("n" + n); await new Promise((resolve) => setTimeout(resolve, 30)) }`)
    while (cellId !== null) ({ cellId } = await model.wait.call({ cell_id: cellId, yield_time_ms: 20 }))
  })
  rmSync(join(directory, 'cells'), { recursive: true })
  const all = ['n1', 'n2', 'n3', 'n4']
  expect(shownIn(directory)).toEqual({ show: all, rows: [all.join('\n')] })
  const { bundle } = reduced(directory)
  expect(makeViewData(bundle).cells.map(({ printed }) => printed?.text)).toEqual([all.join('\n')])
})

test('a damaged cell log is completed from the responses', async () => {
  const { directory } = await record({}, ({ model }) => model.exec.call('for (let n = 1; n < 5; n++) text("n" + n)'))
  const lines = linesOf(directory).split('\n')
  const damaged = lines.map((line) => (line.includes('"n3"') ? '{"type":"text"' : line))
  writeFileSync(join(directory, 'cells/1.jsonl'), damaged.join('\n'))
  expect(shownIn(directory).show).toEqual(['n1', 'n2', 'n3', 'n4'])
})

test('a cell whose call is in no conversation is shown with its output', async () => {
  const { directory } = await record({}, async ({ recorder, model }) => {
    const turn = recorder.rootThread.startTurn()
    const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go.' }] }]
    turn.startInference({ model: 'm', provider: 'p', request: { input } })
    await model.exec.call('text("hid" + "den")', { callId: 'call-1' })
  })
  expect(Object.keys(reduced(directory).state.code_cells)).toEqual([])
  expect(shownIn(directory)).toEqual({ show: ['hidden'], rows: ['hidden'] })
})

test('a notification without a recorded delivery is shown as pending', async () => {
  const { directory } = await record({}, ({ model }) => model.exec.call('notify("ne" + "ws"); text(1)'))
  // The recording ends before the delivery.
  const log = readFileSync(join(directory, 'trace.jsonl'), 'utf8').split('\n')
  const cut = log.findIndex((line) => line.includes('codecell.notification') || line.includes('recording_completed'))
  writeFileSync(join(directory, 'trace.jsonl'), `${log.slice(0, cut).join('\n')}\n`)
  const cell = linesOf(directory)
    .split('\n')
    .filter((line) => !line.includes('"type":"notified"'))
  writeFileSync(join(directory, 'cells/1.jsonl'), cell.join('\n'))
  const { state, bundle } = reduced(directory)
  expect([...showTrace(state, bundle, { full: true })].join('\n')).toContain('notification pending: news')
})
