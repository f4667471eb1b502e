import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { createTraceRecorder, type TraceRecorder } from '../../src/trace.ts'
import { signalHosts } from '../hostile/host-processes.ts'
import { newFolder } from '../support/folder.ts'
import { reduced } from './recorded.ts'

/** Runs a few cells with a recorder whose disk misbehaves; the cells must not notice. */
async function runCells(
  recorder: TraceRecorder,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await using hosts = inProcessHostPool()
  const tools = [{ name: 'echo', call: (input: unknown): unknown => input }]
  await using session = await createSession({ hosts, tools, listeners: [recorder.rootThread.listen()] })
  for (let cell = 1; cell <= 3; cell++) {
    const outcome = await session.execute('text(await tools.echo({ a: 1 }))')
    expect(outcome).toMatchObject({ type: 'completed', items: [{ text: '{"a":1}' }] })
    await between()
  }
}

describe('a recorder whose disk misbehaves costs the trace and nothing else', () => {
  test('a folder that cannot be made', async () => {
    const root = join(newFolder(), 'file')
    writeFileSync(root, '')
    const warnings: string[] = []
    const recorder = createTraceRecorder({ root, onWarning: (text) => warnings.push(text) })
    await runCells(recorder)
    await recorder.close()
    expect(warnings).toEqual([expect.stringMatching(/^Cannot start the trace: /)])
  })

  test('a folder that is removed while cells run', async () => {
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

  test('a bundle that is there already is left as it is', async () => {
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
    expect(reduced(recorder.directory).state.recording_complete).toBe(true)
  })

  test('a disk that is too slow: what waits is bounded, and what was written reduces', async () => {
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
    expect(warnings).toEqual(['Cannot go on with the trace: the disk is too slow for it'])
    const { state } = reduced(recorder.directory)
    expect(state.recording_complete).toBe(false)
  })

  test.skipIf(process.platform === 'win32')('and nobody but its owner reads it', async () => {
    const recorder = createTraceRecorder({ root: newFolder() })
    await runCells(recorder)
    await recorder.close()
    const files = readdirSync(recorder.directory, { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['trace.jsonl', 'cells/1.jsonl', 'payloads/1.json']))
    const modes = ['', ...files].map((file) => statSync(join(recorder.directory, file)).mode & 0o077)
    expect(new Set(modes)).toEqual(new Set([0]))
  })

  test('whoever is warned may throw', async () => {
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

const entry = (name: string): string => JSON.stringify(new URL(`../../src/${name}.ts`, import.meta.url).href)

/** A process that records cells as long as it lives, and says each time that one has ended. */
const recordingProgram = `
  const { createTraceRecorder } = await import(${entry('trace')})
  const { createSession } = await import(${entry('index')})
  const [root, count] = process.argv.slice(1)
  const recorder = createTraceRecorder({ root })
  const session = await createSession({
    tools: [{ name: 'echo', call: (input) => input }],
    listeners: [recorder.rootThread.listen()],
  })
  for (let cell = 1; cell <= Number(count); cell++) {
    await session.execute('text(await tools.echo({ a: "' + 'x'.repeat(1000) + '" }))')
    console.log(cell)
  }
  process.exit(0)`

function startRecording(root: string, cells: number): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['--input-type=module', '-e', recordingProgram, root, String(cells)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve))
}

test.skipIf(process.platform !== 'linux')('a full disk ends the trace, and nothing else', async () => {
  // A limit on the size of files stands for the disk: the log passes it.
  const program = `
    const { createTraceRecorder } = await import(${entry('trace')})
    const { createSession } = await import(${entry('index')})
    process.on('SIGXFSZ', () => undefined)
    const warnings = []
    const recorder = createTraceRecorder({ root: process.argv[1], onWarning: (text) => warnings.push(text) })
    const session = await createSession({ listeners: [recorder.rootThread.listen()] })
    const outcomes = []
    for (let cell = 0; cell < 30; cell++) outcomes.push((await session.execute('text(1)')).type)
    await session.close()
    await recorder.close()
    console.log(JSON.stringify({ warnings, outcomes, directory: recorder.directory }))`
  const limited = `ulimit -f 16; exec "$0" --input-type=module -e "$1" "$2"`
  const { stdout, stderr } = spawnSync('bash', ['-c', limited, process.execPath, program, newFolder()], {
    encoding: 'utf8',
  })
  const report: unknown = JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout)
  expect(report).toMatchObject({
    warnings: [expect.stringContaining('EFBIG')],
    outcomes: Array.from({ length: 30 }, () => 'completed'),
  })
  const { state } = reduced(isRecord(report) ? String(report['directory']) : '')
  expect(Object.keys(state.code_cells).length).toBeGreaterThan(1)
  expect(state.recording_complete).toBe(false)
})

test('a process that just ends leaves all of its trace but the end', async () => {
  const root = newFolder()
  const child = startRecording(root, 5)
  child.stdout?.resume()
  await ended(child)
  const [name = ''] = readdirSync(root)
  const { state } = reduced(join(root, name))
  expect(Object.values(state.code_cells).map(({ runtime_status: status }) => status)).toEqual(
    Array.from({ length: 5 }, () => 'completed'),
  )
  expect(state.recording_complete).toBe(false)
})

test('a process that is killed at any moment leaves a readable prefix, records of cells included', async () => {
  for (let cells = 1; cells <= 4; cells++) {
    const root = newFolder()
    const child = startRecording(root, 100_000)
    const { stdout } = child
    if (stdout === null) throw new Error('the process has no output')
    for await (const line of createInterface({ input: stdout })) if (Number(line) >= cells * 3) break
    child.kill('SIGKILL')
    await ended(child)
    const [name = ''] = readdirSync(root)
    const { state, bundle } = reduced(join(root, name))
    expect(state.status).toBe('running')
    for (const { path } of bundle.cellRecords())
      expect([...bundle.readCellRecord(path)].length).toBeGreaterThanOrEqual(0)
    expect(readFileSync(join(root, name, 'trace.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(3)
  }
})

test('a cell that is revived on another host says so, and tells nothing twice', async () => {
  const recorder = createTraceRecorder({ root: newFolder() })
  const called = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<string>()
  const gate = {
    name: 'gate',
    call(): Promise<string> {
      called.resolve()
      return opened.promise
    },
  }
  const revived = Promise.withResolvers<void>()
  const session = await createSession({
    tools: [gate],
    listeners: [
      recorder.rootThread.listen(),
      { hear: (activity) => (activity.type === 'cell_revived' ? revived.resolve() : undefined) },
    ],
  })
  const running = session.execute('text("before"); text(await tools.gate())')
  await called.promise
  expect(signalHosts('SIGKILL')).toBeGreaterThan(0)
  await revived.promise
  opened.resolve('after')
  expect(await running).toMatchObject({ type: 'completed' })
  await session.close()
  await recorder.close()
  const { bundle } = reduced(recorder.directory)
  const lines = [...bundle.cellRecords()].flatMap(({ path }) => [...bundle.readCellRecord(path)])
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
