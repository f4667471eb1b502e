import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { EngineChoice } from '../../src/in-process.ts'
import type { CellOutcome, ContentItem, HostPool, HostProfile, Session, SessionListener } from '../../src/index.ts'
import type { Ability, BenchTool, Rival, RivalName, RunningProgram, RunningRival } from '../rival.ts'
import { buildPackage, builtCommand, builtInProcess, builtPackage, builtTrace } from './built-package.ts'
import { firstOutputMs } from './first-output.ts'

/** Longer than any program of the benchmark, in milliseconds: no cell yields by itself. */
const yieldTimeMs = 600_000

/** Run time of an endless program before it is stopped, in milliseconds. */
const headStartMs = 30

/** Traces of this run, removed by the next one: the measuring process is killed at its end. */
const traceFolder = fileURLToPath(new URL('../../node_modules/.cache/codecell-bench-traces', import.meta.url))

type Variant = {
  readonly profile: HostProfile
  readonly isTraced: boolean
  /** The engine of a host in the measuring process; null for two host processes. */
  readonly inProcess: EngineChoice | null
}

const processes: Variant = { profile: 'default', isTraced: false, inProcess: null }

type VariantName = Extract<
  RivalName,
  'ours' | 'ours-strict' | 'ours-traced' | 'ours-in-process' | 'ours-in-process-quickjs'
>

/** The ways in which codecell is measured. */
const variants: Readonly<Record<VariantName, Variant>> = {
  ours: processes,
  'ours-strict': { ...processes, profile: 'strict' },
  'ours-traced': { ...processes, isTraced: true },
  'ours-in-process': { ...processes, inProcess: 'v8' },
  'ours-in-process-quickjs': { ...processes, inProcess: 'quickjs' },
}

/** codecell as published, through its public interface, with one session. */
export function codecell(name: VariantName): Rival {
  const variant: Variant = variants[name]
  return {
    name,
    abilities: new Set(name === 'ours' ? [...abilities, 'reduce-traces'] : abilities),
    isInProcess: variant.inProcess !== null,
    async prepare() {
      await buildPackage()
      rmSync(traceFolder, { recursive: true, force: true })
    },
    start: async (tools) => await startSession(variant, tools),
    reducer: async (bundle, output) => [process.execPath, builtCommand, 'trace', 'reduce', bundle, '--output', output],
    coldStart: async () => await firstOutputMs(coldModule(variant)),
  }
}

const abilities: readonly Ability[] = ['output-items', 'parallel-calls', 'terminate']

async function startSession(variant: Variant, tools: readonly BenchTool[]): Promise<RunningRival> {
  const { createSession }: typeof import('../../src/index.ts') = await import(builtPackage)
  const { isTraced } = variant
  const hosts = await createHosts(variant)
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

async function createHosts({ profile, inProcess }: Variant): Promise<HostPool> {
  if (inProcess === null) {
    const { createHostPool }: typeof import('../../src/index.ts') = await import(builtPackage)
    return createHostPool({ profile })
  }
  const { inProcessHostPool }: typeof import('../../src/in-process.ts') = await import(builtInProcess)
  return inProcessHostPool({ engine: inProcess })
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

function coldModule({ profile, inProcess }: Variant): string {
  const hosts =
    inProcess === null
      ? `createHostPool({ profile: ${JSON.stringify(profile)} })`
      : `inProcessHostPool({ engine: ${JSON.stringify(inProcess)} })`
  const source = JSON.stringify(inProcess === null ? builtPackage : builtInProcess)
  return `
    import { createSession } from ${JSON.stringify(builtPackage)}
    import { ${hosts.slice(0, hosts.indexOf('('))} } from ${source}
    const hosts = ${hosts}
    const session = await createSession({ hosts })
    const { items } = await session.execute('text("hi")')
    process.stdout.write(items[0].text)
    await session.close()
    await hosts[Symbol.asyncDispose]()
  `
}
