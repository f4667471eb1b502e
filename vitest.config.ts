import type { ViteUserConfig } from 'vitest/config'

// isolated-vm asks for the first flag of any process that loads it: the in-process host runs inside the tests.
const execArgv = ['--no-node-snapshot', '--no-turboshaft-loop-unrolling', '--disable-warning=ExperimentalWarning']

const config: ViteUserConfig = {
  test: {
    include: [
      'src/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/**/*.test.ts',
      'scripts/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    typecheck: { enabled: false },
    globalSetup: ['test/build-first.ts'],
    pool: 'forks',
    execArgv,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // One second is not much on a machine that is busy.
    expect: { poll: { timeout: 30_000 } },
  },
}

export default config
