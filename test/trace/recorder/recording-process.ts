import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { newFolder } from '../../support/folder.ts'
import { reduced } from './recorded.ts'

const entry = (name: string): string => JSON.stringify(new URL(`../../../src/${name}.ts`, import.meta.url).href)

/** The setup of a program that records cells with in-process hosts. */
export const imports: string = `
  const { createTraceRecorder } = await import(${entry('trace')})
  const { createSession } = await import(${entry('index')})
  const { inProcessHostPool } = await import(${entry('in-process')})`

/** The arguments of Node for such a program. */
export const nodeArgs: readonly string[] = [
  '--no-node-snapshot',
  '--no-turboshaft-loop-unrolling',
  '--disable-warning=ExperimentalWarning',
  '--input-type=module',
  '-e',
]

/** A program that records cells, and prints the number of each ended cell. The first is on disk then. */
const recordingProgram = `${imports}
  // Hosts and recorders are unref'ed.
  setInterval(() => undefined, 1e6)
  const [root, count] = process.argv.slice(1)
  const recorder = createTraceRecorder({ root })
  const session = await createSession({
    hosts: inProcessHostPool(),
    tools: [{ name: 'echo', call: (input) => input }],
    listeners: [recorder.rootThread.listen()],
  })
  for (let cell = 1; cell <= Number(count); cell++) {
    await session.execute('text(await tools.echo({ a: "' + 'x'.repeat(1000) + '" }))')
    if (cell === 1) await recorder.flush()
    console.log(cell)
  }
  process.exit(0)`

export function startRecording(root: string, cells: number): ChildProcess {
  return spawn(process.execPath, [...nodeArgs, recordingProgram, root, String(cells)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Kills a recording process after `count` cells have ended, and reads its bundle. */
export async function expectReadableAfterKill(cells: number): Promise<void> {
  const root = newFolder()
  const child = startRecording(root, 100_000)
  const { stdout } = child
  if (stdout === null) throw new Error('the process has no output')
  for await (const line of createInterface({ input: stdout })) if (Number(line) >= cells) break
  child.kill('SIGKILL')
  await ended(child)
  const [name = ''] = readdirSync(root)
  const { state, bundle } = reduced(join(root, name))
  expect(state.status).toBe('running')
  for (const { path } of bundle.cellLogs()) {
    expect([...bundle.readCellLog(path)].length).toBeGreaterThanOrEqual(0)
  }
  expect(readFileSync(join(root, name, 'trace.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(3)
}
