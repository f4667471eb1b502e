import type { ViteUserConfig } from 'vitest/config'

// The agent itself, 400 MB from npm, runs in these. It is installed when it is not there yet.
const config: ViteUserConfig = {
  test: {
    include: ['test/codex-cli/**/*.codex.ts'],
    globalSetup: ['test/support/build-first.ts'],
    pool: 'forks',
    // One after another: each agent brings three processes of its own, and the first test installs.
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
}

export default config
