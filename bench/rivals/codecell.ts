import type { ContentItem, HostProfile, Outcome, Session } from '../../src/index.ts'
import type { BenchTool, Rival, RunningProgram, RunningRival } from '../rival.ts'
import { buildPackage, builtPackage } from './built-package.ts'
import { firstOutputMs } from './first-output.ts'

/** Longer than any program of the bench, in milliseconds: nothing yields by itself. */
const yieldTimeMs = 600_000

/** How long a program that is to be stopped has run by then, in milliseconds. */
const headStartMs = 30

/** codecell as it is published, through its public interface: two host processes and one session. */
export function codecell(profile: HostProfile): Rival {
  return {
    name: profile === 'default' ? 'ours' : 'ours-strict',
    abilities: new Set(['output-items', 'parallel-calls', 'terminate']),
    isInProcess: false,
    prepare: async () => buildPackage(),
    start: async (tools) => await startSession(profile, tools),
    coldStart: async () => await firstOutputMs(coldModule(profile, builtPackage)),
  }
}

async function startSession(profile: HostProfile, tools: readonly BenchTool[]): Promise<RunningRival> {
  const { createHostPool, createSession }: typeof import('../../src/index.ts') = await import(builtPackage)
  const hosts = createHostPool({ profile })
  const session = await createSession({ hosts, tools })
  return {
    run: async (program) => textsOf(await session.execute(program, { yieldTimeMs })),
    begin: async (program) => await begin(session, program),
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

async function begin(session: Session, program: string): Promise<RunningProgram> {
  const { type, cellId } = await session.execute(program, { yieldTimeMs: headStartMs })
  if (type !== 'yielded') throw new Error(`The program should go on, and it is ${type}`)
  return {
    async terminate() {
      const { type: end } = await session.terminate(cellId)
      if (end !== 'terminated') throw new Error(`The program should be terminated, and it is ${end}`)
    },
  }
}

function textsOf(outcome: Outcome): readonly string[] {
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
