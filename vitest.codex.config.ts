import type { ViteUserConfig } from 'vitest/config'

// The agent itself, 400 MB from npm, runs in these. It is installed when it is not there yet.
const config: ViteUserConfig = {
  test: {
    include: ['test/codex-cli/**/*.codex.ts'],
    globalSetup: ['test/build-first.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
}

export default config
