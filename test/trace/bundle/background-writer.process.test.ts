import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { createTraceRecorder, type TraceRecorder } from '../../../src/trace.ts'
import { isRecordingClosed } from '../../../src/trace-format.ts'
import { signalHosts } from '../../hostile/host-death/host-processes.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { reduced } from '../recorder/recorded.ts'
import { ended, imports, nodeArgs, startRecording } from '../recorder/recording-process.ts'

/** Runs cells with a recorder whose disk fails; the cells must not notice. */
async function runCells(
  recorder: TraceRecorder,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const hosts = sharedHosts('in-process')
  const tools = [{ name: 'echo', call: (input: unknown): unknown => input }]
  await using session = await createSession({ hosts, tools, listeners: [recorder.rootThread.listen()] })
  for (let cell = 1; cell <= 3; cell++) {
    const outcome = await session.execute('text(await tools.echo({ a: 1 }))')
    expect(outcome).toMatchObject({ type: 'completed', items: [{ text: '{"a":1}' }] })
    await between()
  }
}

describe('a recorder whose disk fails', () => {
  test('cells run when the folder of the trace cannot be created', async () => {
    const root = join(newFolder(), 'file')
    writeFileSync(root, '')
    const warnings: string[] = []
    const recorder = createTraceRecorder({ root, onWarning: (text) => warnings.push(text) })
    await runCells(recorder)
    await recorder.close()
    expect(warnings).toEqual([expect.stringMatching(/^Cannot start the trace: /)])
  })

  test('cells run when the folder of the trace is removed', async () => {
    const warnings: string[] = []
    const recorder = createTraceRecorder({ root: newFolder(), onWarning: (text) => warnings.push(text) })
    await runCells(recorder, async () => {
      await recorder.flush()
      rmSync(recorder.directory, { recursive: true, force: true })
    })
    await recorder.close()
    expect(warnings).toEqual([expect.stringContaining('ENOENT')])
    expect(existsSync(recorder.directory)).toBe(false)
  })

  test('a recorder does not change a bundle that exists', async () => {
    const root = newFolder()
    const warnings: string[] = []
    const recorder = createTraceRecorder({
      root,
      traceId: 't',
      threadId: 'r',
      onWarning: (text) => warnings.push(text),
    })
    await runCells(recorder)
    await recorder.close()
    expect(warnings).toEqual([])
    const again = createTraceRecorder({ root, traceId: 't', threadId: 'r', onWarning: (text) => warnings.push(text) })
    await runCells(again)
    await again.close()
    expect(warnings).toEqual([expect.stringContaining('EEXIST')])
    expect(isRecordingClosed(reduced(recorder.directory).state)).toBe(true)
  })

  test('a recorder stops when the disk is too slow, and its bundle reduces', async () => {
    const warnings: string[] = []
    const recorder = createTraceRecorder({
      root: newFolder(),
      maxQueued: 20_000,
      onWarning: (text) => warnings.push(text),
    })
    recorder.observe('test.large', 'x'.repeat(19_000))
    recorder.observe('test.large', 'x'.repeat(19_000))
    await runCells(recorder)
    await recorder.close()
    expect(warnings).toEqual(['Cannot continue the trace: the disk is too slow'])
    const { state } = reduced(recorder.directory)
    expect(isRecordingClosed(state)).toBe(false)
  })

  test.skipIf(process.platform === 'win32')('a bundle is readable for its owner alone', async () => {
    const recorder = createTraceRecorder({ root: newFolder() })
    await runCells(recorder)
    await recorder.close()
    const files = readdirSync(recorder.directory, { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['trace.jsonl', 'cells/1.jsonl', 'payloads/000001.zst']))
    const modes = ['', ...files].map((file) => statSync(join(recorder.directory, file)).mode & 0o077)
    expect(new Set(modes)).toEqual(new Set([0]))
  })

  test('cells run when the listener of warnings throws', async () => {
    const root = join(newFolder(), 'file')
    writeFileSync(root, '')
    const recorder = createTraceRecorder({
      root,
      onWarning() {
        throw new Error('warned')
      },
    })
    await runCells(recorder)
    await recorder.close()
  })
})

test.skipIf(process.platform !== 'linux')('cells run when the disk is full', async () => {
  // A limit on the size of files simulates a full disk: the log exceeds it.
  const program = `${imports}
    process.on('SIGXFSZ', () => undefined)
    const warnings = []
    const recorder = createTraceRecorder({ root: process.argv[1], onWarning: (text) => warnings.push(text) })
    const session = await createSession({ hosts: inProcessHostPool(), listeners: [recorder.rootThread.listen()] })
    const outcomes = []
    for (let cell = 0; cell < 30; cell++) outcomes.push((await session.execute('text(1)')).type)
    await session.close()
    await recorder.close()
    console.log(JSON.stringify({ warnings, outcomes, directory: recorder.directory }))`
  const args = ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath, ...nodeArgs, program, newFolder()]
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' })
  const report: unknown = JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout)
  expect(report).toMatchObject({
    warnings: [expect.stringContaining('EFBIG')],
    outcomes: Array.from({ length: 30 }, () => 'completed'),
  })
  const { state } = reduced(isRecord(report) ? String(report['directory']) : '')
  expect(Object.keys(state.code_cells).length).toBeGreaterThan(1)
  expect(isRecordingClosed(state)).toBe(false)
})

test('a process that exits leaves all of its trace except the end', async () => {
  const root = newFolder()
  const child = startRecording(root, 5)
  child.stdout?.resume()
  await ended(child)
  const [name = ''] = readdirSync(root)
  const { state } = reduced(join(root, name))
  expect(Object.values(state.code_cells).map(({ runtime_status: status }) => status)).toEqual(
    Array.from({ length: 5 }, () => 'completed'),
  )
  expect(isRecordingClosed(state)).toBe(false)
})

test('a cell that resumes on another host is recorded once', async () => {
  const recorder = createTraceRecorder({ root: newFolder() })
  const gate = new Gate()
  const revived = Promise.withResolvers<void>()
  await using hosts = createHostPool({ size: 1 })
  const session = await createSession({
    hosts,
    tools: [gate.tool],
    listeners: [
      recorder.rootThread.listen(),
      { onEvent: (activity) => (activity.type === 'cell_revived' ? revived.resolve() : undefined) },
    ],
  })
  const running = session.execute('text("before"); text(await tools.gate())')
  await gate.called(1)
  expect(signalHosts('SIGKILL')).toBeGreaterThan(0)
  await revived.promise
  gate.open('after')
  expect(await running).toMatchObject({ type: 'completed' })
  await session.close()
  await recorder.close()
  const { bundle } = reduced(recorder.directory)
  const lines = [...bundle.cellLogs()].flatMap(({ path }) => [...bundle.readCellLog(path)])
  expect(lines.map((line) => (line.type === 'event' ? line.event.type : line.type))).toEqual([
    'run',
    'started',
    'text',
    'tool_call',
    'revived',
    'command',
    'text',
    'completed',
    'answered',
    'closed',
  ])
})
