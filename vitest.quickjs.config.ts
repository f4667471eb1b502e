import type { ViteUserConfig } from 'vitest/config'
import { quickJsByDefault } from './test/support/quickjs-by-default.ts'
import { common, execArgv } from './vitest.config.ts'

// The suites of sessions, durability and hostile programs with QuickJS.
const config: ViteUserConfig = {
  plugins: [quickJsByDefault],
  test: {
    ...common,
    include: ['test/{session,hostile,durability}/**/*.session.test.ts'],
    globalSetup: ['test/support/build-first.ts', 'test/support/postgres/run-folder.ts'],
    pool: 'forks',
    isolate: false,
    execArgv: [...execArgv],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
}

export default config
