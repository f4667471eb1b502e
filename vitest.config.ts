import { availableParallelism } from 'node:os'
import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config'
import { SlowestTests } from './test/support/slowest-tests.ts'

// Every process that a test starts compiles the same modules: from the second one on, Node finds them compiled.
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/compiled', import.meta.url).pathname

// isolated-vm asks for the first flag of any process that loads it: the in-process host runs inside the tests.
const execArgv = ['--no-node-snapshot', '--no-turboshaft-loop-unrolling', '--disable-warning=ExperimentalWarning']

const folders = '{src,test,bench,scripts,examples}/**'

/** Tests by what they need, which the end of a file's name says. */
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
      // Files that a worker runs one after the other share its hosts.
      isolate: false,
      execArgv,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
  {
    test: {
      name: 'process',
      include: [`${folders}/*.process.test.ts`],
      globalSetup: ['test/support/build-first.ts'],
      pool: 'forks',
      execArgv,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
  {
    test: {
      name: 'slow',
      include: [`${folders}/*.slow.test.ts`],
      globalSetup: ['test/support/build-first.ts'],
      pool: 'forks',
      execArgv,
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
]

const config: ViteUserConfig = {
  test: {
    projects,
    // Many tests wait for processes to start and end.
    maxWorkers: Math.ceil(1.5 * Math.max(2, availableParallelism())),
    teardownTimeout: 20_000,
    reporters: ['default', new SlowestTests()],
  },
}

export default config
