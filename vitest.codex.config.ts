import type { ViteUserConfig } from 'vitest/config'

// These tests run the agent itself, 400 MB from npm, which is installed if it is missing.
const config: ViteUserConfig = {
  test: {
    include: ['test/codex-cli/**/*.codex.ts'],
    globalSetup: ['test/support/build-first.ts'],
    pool: 'forks',
    // Sequential: each agent starts three processes, and the first test installs the agent.
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
}

export default config
