import { availableParallelism } from 'node:os'
import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config'
import { SlowestTests } from './test/support/slowest-tests.ts'

// Every process that a test starts loads the same modules: Node reads them from the compile cache after the first one.
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/compiled', import.meta.url).pathname

// isolated-vm requires the first flag in every process that loads it, and the in-process host runs in the test process.
export const execArgv: readonly string[] = [
  '--no-node-snapshot',
  '--no-turboshaft-loop-unrolling',
  '--disable-warning=ExperimentalWarning',
]

const folders = '{src,test,bench,scripts,examples,playground,console}/**'

/** The projects. The end of the name of a test file selects its project. */
const projects: TestProjectConfiguration[] = [
  {
    test: {
      name: 'unit',
      include: [`${folders}/*.test.ts`],
      exclude: [`${folders}/*.{session,process,slow}.test.ts`],
      pool: 'threads',
      isolate: false,
      setupFiles: ['test/support/time-of-file.ts'],
      testTimeout: 60_000,
    },
  },
  {
    test: {
      name: 'session',
      include: [`${folders}/*.session.test.ts`],
      globalSetup: ['test/support/build-first.ts'],
      pool: 'forks',
      // The files of a worker run in sequence and share its hosts.
      isolate: false,
      execArgv: [...execArgv],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
  {
    test: {
      name: 'process',
      include: [`${folders}/*.process.test.ts`],
      globalSetup: ['test/support/build-first.ts', 'test/support/postgres/run-folder.ts'],
      pool: 'forks',
      execArgv: [...execArgv],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
  {
    test: {
      name: 'slow',
      include: [`${folders}/*.slow.test.ts`],
      globalSetup: ['test/support/build-first.ts', 'test/support/postgres/run-folder.ts'],
      pool: 'forks',
      execArgv: [...execArgv],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
]

/** The options of all projects. */
export const common: Pick<NonNullable<ViteUserConfig['test']>, 'maxWorkers' | 'teardownTimeout' | 'reporters'> = {
  // Many tests wait for processes that start and exit.
  maxWorkers: Math.ceil(1.5 * Math.max(2, availableParallelism())),
  teardownTimeout: 20_000,
  reporters: ['default', new SlowestTests()],
}

const config: ViteUserConfig = { test: { projects, ...common } }

export default config
