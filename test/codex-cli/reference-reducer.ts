import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { newFolder } from '../support/folder.ts'

/** Reduces a bundle with the command of the reference. Returns the text of its error. */
export async function referenceReducer(): Promise<(bundle: string) => unknown> {
  const { codex } = await installReference()
  const home = newFolder()
  const output = join(home, 'state.json')
  const env = { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home }
  return (bundle) => {
    const args = ['debug', 'trace-reduce', bundle, '--output', output]
    const { status, stderr } = spawnSync(codex, args, { encoding: 'utf8', env })
    return status === 0 ? JSON.parse(readFileSync(output, 'utf8')) : stderr
  }
}
