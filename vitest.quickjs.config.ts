import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config'
import { quickJsByDefault } from './test/support/quickjs-by-default.ts'
import { common, execArgv } from './vitest.config.ts'

const setups = {
  plugins: [quickJsByDefault],
  globalSetup: ['test/support/build-first.ts', 'test/support/postgres/run-folder.ts'],
}

/** The suites of sessions, durability, hostile programs, host death and faults with QuickJS. */
const projects: TestProjectConfiguration[] = [
  {
    plugins: setups.plugins,
    test: {
      name: 'quickjs-session',
      include: ['test/{session,hostile,durability}/**/*.session.test.ts'],
      globalSetup: setups.globalSetup,
      pool: 'forks',
      isolate: false,
      execArgv: [...execArgv],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
  {
    plugins: setups.plugins,
    test: {
      name: 'quickjs-slow',
      include: [
        'test/durability/{durable,deferred-kill}.process.test.ts',
        'test/durability/{damage,store-faults,ownership-processes}.slow.test.ts',
        'test/faults/campaign.slow.test.ts',
        'test/hostile/host-death/host-death-causes.slow.test.ts',
        'test/hostile/hostile-code.slow.test.ts',
      ],
      globalSetup: setups.globalSetup,
      pool: 'forks',
      execArgv: [...execArgv],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
    },
  },
]

const config: ViteUserConfig = { test: { projects, ...common } }

export default config
