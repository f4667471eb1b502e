import { spawnSync } from 'node:child_process'

/** Builds the package before any test: hosts in the strict profile run compiled code, and so does the packed package. */
export function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the package does not build')
}
