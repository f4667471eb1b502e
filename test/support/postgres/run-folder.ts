import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The environment variable with the folder of a run, where the first test file that needs PostgreSQL starts it. */
export const runFolderVariable = 'CODECELL_TEST_POSTGRES'

/** Creates the folder of a run. All projects of a run share it. The server ends when the folder is removed. */
export function setup(): (() => void) | undefined {
  if (process.env[runFolderVariable] !== undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'codecell-run-'))
  writeFileSync(join(folder, 'pid'), String(process.pid))
  process.env[runFolderVariable] = folder
  return () => {
    delete process.env[runFolderVariable]
    rmSync(folder, { recursive: true, force: true })
  }
}
