import { execFile } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Outcome, Session } from '../../src/index.ts'
import type { BenchTools, Finished, Rival, RunningRival } from './rival.ts'
import { timeToOutput } from './time-to-output.ts'

type PublicEntry = typeof import('../../src/index.ts')
type Profile = 'default' | 'strict'

/** Two hosts, default limits. */
export const ours: Rival = {
  name: 'ours',
  description: 'codecell, two host processes, default profile and limits',
  execArgv: [],
  runsIn: 'child',
  lacks: {},
  install: build,
  start: (tools) => start(tools, 'default'),
  coldStart: () => timeToOutput('ours.mjs', [], ['default']),
}

/** The same without just-in-time compiler, with kernel limits and Node's permission model. */
export const oursStrict: Rival = {
  ...ours,
  name: 'ours-strict',
  description: 'the same in the strict profile: no just-in-time compiler, kernel limits, permission model',
  start: (tools) => start(tools, 'strict'),
  coldStart: () => timeToOutput('ours.mjs', [], ['strict']),
}

const project = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(project, 'node_modules', '.cache', 'codecell-bench')

/** What is measured is a build of its own: another one may come and go during the run. */
async function build(): Promise<void> {
  const compiler = join(createRequire(import.meta.url).resolve('typescript/package.json'), '..', 'bin', 'tsc')
  const config = join(project, 'tsconfig.build.json')
  await promisify(execFile)(process.execPath, [compiler, '-p', config, '--outDir', join(folder, 'dist')])
  copyFileSync(join(project, 'src/host/prelude.js'), join(folder, 'dist/host/prelude.js'))
  copyFileSync(join(project, 'package.json'), join(folder, 'package.json'))
}

async function start(tools: BenchTools, profile: Profile): Promise<RunningRival> {
  const { createHostPool, createSession } = await loadCompiled()
  const hosts = createHostPool({ size: 2, profile })
  const session = await createSession({
    hosts,
    tools: Object.entries(tools).map(([name, call]) => ({ name, call: (input: unknown) => call(input) })),
  })
  return {
    run: (source) => run(session, source),
    runEndless: (source) => runEndless(session, source),
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

/** The compiled package, as it is published: nothing strips types while it is measured. */
async function loadCompiled(): Promise<PublicEntry> {
  const module: unknown = await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same module in its compiled form
  return module as PublicEntry
}

async function run(session: Session, source: string): Promise<Finished> {
  const texts: string[] = []
  let outcome = await session.execute(source, { yieldTimeMs: 60_000 })
  while (outcome.type === 'yielded') {
    texts.push(...textsOf(outcome))
    outcome = await session.observe(outcome.cellId, { yieldTimeMs: 60_000 })
  }
  if (outcome.type === 'missing') return { error: outcome.errorText, texts }
  texts.push(...textsOf(outcome))
  if (outcome.type === 'failed') return { error: outcome.errorText, texts }
  return { error: outcome.type === 'terminated' ? 'terminated' : null, texts }
}

async function runEndless(session: Session, source: string): Promise<() => Promise<void>> {
  const { type, cellId } = await session.execute(source, { yieldTimeMs: 10 })
  if (type !== 'yielded') throw new Error(`The endless program ended: ${type}`)
  return async () => {
    await session.terminate(cellId)
  }
}

function textsOf(outcome: Exclude<Outcome, { type: 'missing' }>): string[] {
  return outcome.items.map((item) => (item.type === 'input_text' ? item.text : ''))
}
