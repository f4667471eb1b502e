import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'

/** The built package. */
export const packageFolder: string = fileURLToPath(new URL('../..', import.meta.url))

/** Creates a project in which this package is installed. */
export function newProject(): string {
  const folder = newFolder()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(packageFolder, join(folder, 'node_modules', 'codecell'), 'dir')
  return folder
}

export type Ended = { readonly code: number; readonly out: string; readonly err: string }

/** Runs Node in a folder until it exits. */
export function runNode(args: readonly string[], cwd: string, program: string = process.execPath): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd, env: childEnv() }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

/** Returns the programs named `node` on this machine that have another version. */
export function otherNodes(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const programs = [...folders, '/usr/local/bin', '/usr/bin'].map((folder) => join(folder, 'node'))
  return [...new Set(programs.filter((program) => existsSync(program)).map((program) => realpathSync(program)))]
}
