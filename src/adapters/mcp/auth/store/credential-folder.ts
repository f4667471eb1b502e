import { lstatSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { hasModes, ownProblem } from './file-owner.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Returns the folder of logins: `CODECELL_HOME`, or `codecell` in the folder for the state of programs. */
export function credentialFolder(env: Env = process.env): string {
  const own = env['CODECELL_HOME'] ?? ''
  if (own !== '') return own
  const state = env['XDG_STATE_HOME'] ?? ''
  if (state !== '') return join(state, 'codecell')
  const home = homedir()
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'codecell')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'codecell')
  return join(home, '.local', 'state', 'codecell')
}

/** Creates the folder for its owner only. Throws when others can replace the files in it. */
export function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory()) throw new Error(`"${folder}" is not a folder, or is a link`)
  const problem = ownProblem(stat)
  if (problem !== null) throw new Error(`"${folder}" ${problem}`)
  if (hasModes && (stat.mode & 0o022) !== 0) {
    throw new Error(`other users can write to "${folder}"; run: chmod 700 "${folder}"`)
  }
}
