import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ContentItem, HostProfile, CellOutcome, Session, SessionListener } from '../../src/index.ts'
import type { Ability, BenchTool, Rival, RunningProgram, RunningRival } from '../rival.ts'
import { buildPackage, builtCommand, builtPackage, builtTrace } from './built-package.ts'
import { firstOutputMs } from './first-output.ts'

/** Longer than any program of the benchmark, in milliseconds: no cell yields by itself. */
const yieldTimeMs = 600_000

/** Run time of an endless program before it is stopped, in milliseconds. */
const headStartMs = 30

/** Traces of this run, removed by the next one: the measuring process is killed at its end. */
const traceFolder = fileURLToPath(new URL('../../node_modules/.cache/codecell-bench-traces', import.meta.url))

/** codecell as published, through its public interface: two host processes and one session. */
export function codecell(name: 'ours' | 'ours-strict' | 'ours-traced'): Rival {
  const profile = name === 'ours-strict' ? 'strict' : 'default'
  return {
    name,
    abilities: new Set(name === 'ours' ? [...abilities, 'reduce-traces'] : abilities),
    isInProcess: false,
    async prepare() {
      await buildPackage()
      rmSync(traceFolder, { recursive: true, force: true })
    },
    start: async (tools) => await startSession({ profile, isTraced: name === 'ours-traced', tools }),
    reducer: async (bundle, output) => [process.execPath, builtCommand, 'trace', 'reduce', bundle, '--output', output],
    coldStart: async () => await firstOutputMs(coldModule(profile, builtPackage)),
  }
}

const abilities: readonly Ability[] = ['output-items', 'parallel-calls', 'terminate']

type Start = { readonly profile: HostProfile; readonly isTraced: boolean; readonly tools: readonly BenchTool[] }

async function startSession({ profile, isTraced, tools }: Start): Promise<RunningRival> {
  const { createHostPool, createSession }: typeof import('../../src/index.ts') = await import(builtPackage)
  const hosts = createHostPool({ profile })
  const listeners = isTraced ? [await startTrace()] : []
  const session = await createSession({ hosts, tools, listeners })
  return {
    run: async (program) => textsOf(await session.execute(program, { yieldTimeMs })),
    begin: async (program) => await begin(session, program),
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

async function startTrace(): Promise<SessionListener> {
  const { createTraceRecorder }: typeof import('../../src/trace.ts') = await import(builtTrace)
  return createTraceRecorder({ root: traceFolder, onWarning: (text) => console.error(text) }).rootThread.listen()
}

async function begin(session: Session, program: string): Promise<RunningProgram> {
  const { type, cellId } = await session.execute(program, { yieldTimeMs: headStartMs })
  if (type !== 'yielded') throw new Error(`Cannot stop the program: expected it to be running, got ${type}`)
  return {
    async terminate() {
      const { type: end } = await session.terminate(cellId)
      if (end !== 'terminated') throw new Error(`expected the program to be terminated, got ${end}`)
    },
  }
}

function textsOf(outcome: CellOutcome): readonly string[] {
  if (outcome.type === 'completed') return outcome.items.map(textOf)
  throw new Error(outcome.type === 'failed' ? outcome.errorText : `The program is ${outcome.type}`)
}

function textOf(item: ContentItem): string {
  return item.type === 'input_text' ? item.text : ''
}

function coldModule(profile: HostProfile, entry: string): string {
  return `
    import { createHostPool, createSession } from ${JSON.stringify(entry)}
    const hosts = createHostPool({ profile: ${JSON.stringify(profile)} })
    const session = await createSession({ hosts })
    const { items } = await session.execute('text("hi")')
    process.stdout.write(items[0].text)
    await session.close()
    await hosts[Symbol.asyncDispose]()
  `
}
