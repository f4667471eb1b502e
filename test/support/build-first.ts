import { spawnSync } from 'node:child_process'

let isBuilt = false

/** Builds the package before the tests if its sources have changed: hosts and the command line run compiled code. */
export function setup(): void {
  if (isBuilt) return
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('build failed')
  isBuilt = true
}
