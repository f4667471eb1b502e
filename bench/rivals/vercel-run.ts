import { importPackage, installPackages } from './install-packages.ts'
import { bigResult, type Contender, type Dialect, type Rival } from './rival.ts'

const dialect: Dialect = {
  print: (expression) => `out.push(${expression})`,
  call: (argument) => `tools.echo(${argument})`,
  big: () => 'await tools.big()',
  program: (body) => `const out = [];\n${body}\nreturn out.length`,
}

/** Its own limits are lower than what the programs need. */
const limits = {
  timeoutMs: 120_000,
  memoryLimitBytes: 2 ** 28,
  maxBridgeRequests: 10_000,
  maxInFlightBridgeRequests: 10_000,
  maxHostFunctionOutputBytes: 2 ** 25,
}

type Run = (options: object) => Promise<{ status: string }>

/** `run` by Vercel: QuickJS in a worker thread. */
export const vercelRun: Rival = {
  id: 'run',
  name: 'run 2.1.5',
  isParallel: true,
  prepare: () => installPackages({ run: '2.1.5' }),
  start,
}

async function start(): Promise<Contender> {
  const { run } = await importPackage('run')
  if (!isRun(run)) throw new Error('the package "run" has no function of that name')
  const tools = { echo: (input: unknown) => input, big: bigResult }
  return {
    dialect,
    async run(source) {
      const { status } = await run({ source, hostFunctions: { tools }, limits })
      if (status !== 'completed') throw new Error(`it ended as ${status}`)
    },
    stopLoop: null,
    park: null,
    residentMb: null,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function isRun(value: unknown): value is Run {
  return typeof value === 'function'
}
