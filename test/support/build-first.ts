import { spawnSync } from 'node:child_process'

let isBuilt = false

/** Builds the package before any test, unless the build is that of these sources: hosts and the command line run compiled code. */
export function setup(): void {
  if (isBuilt) return
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the package does not build')
  isBuilt = true
}
