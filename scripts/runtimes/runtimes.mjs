import { existsSync } from 'node:fs'
import { join } from 'node:path'

const platform = `${process.platform}-${process.arch}`
const bun = { 'linux-x64': 'bun-linux-x64', 'linux-arm64': 'bun-linux-aarch64', 'darwin-arm64': 'bun-darwin-aarch64' }
const deno = { 'linux-x64': 'linux-x64-glibc', 'linux-arm64': 'linux-arm64-glibc', 'darwin-arm64': 'darwin-arm64' }

/** The runtimes of the check: packages that contain a program, and need no install script. */
export const runtimes = [
  { name: 'Node 22', alias: 'node-22', of: `node-${platform}@22.23.3`, file: 'bin/node', hasV8: false },
  { name: 'Node 22.15', alias: 'node-22-15', of: `node-${platform}@22.15.0`, file: 'bin/node', hasV8: false },
  { name: 'Node 24', alias: null, of: null, file: process.execPath, hasV8: true },
  { name: 'Node 25', alias: 'node-25', of: `node-${platform}@25.9.0`, file: 'bin/node', hasV8: false },
  { name: 'Node 26', alias: 'node-26', of: `node-${platform}@26.10.0`, file: 'bin/node', hasV8: true },
  { name: 'Bun', alias: 'bun', of: `@oven/${bun[platform]}@1.4.5`, file: 'bin/bun', hasV8: false },
  { name: 'Deno', alias: 'deno', of: `@deno/${deno[platform]}@2.9.6`, file: 'deno', hasV8: false },
]

/** Those that `--quick` checks: the oldest Node, and the one of this repository. */
export const quickRuntimes = runtimes.filter(({ name }) => name === 'Node 22.15' || name === 'Node 24')

/** Returns the program of a runtime in a folder with the packages; null if it is not installed. */
export function programOf({ alias, file }, folder) {
  if (alias === null) return file
  const program = join(folder, 'node_modules', alias, file)
  return existsSync(program) ? program : null
}

/** Returns the command that runs a file. */
export function commandFor({ name }, program, file) {
  return name === 'Deno' ? [program, 'run', '--allow-all', file] : [program, file]
}
