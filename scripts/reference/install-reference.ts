import { execFile } from 'node:child_process'
import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The version of the reference that the cases were run against. */
const packageName = '@openai/codex@0.171.0'
const executableNames = ['codex-code-mode-host', 'codex-code-mode-host.exe']

/** Returns the path of the code-mode host of the reference, which is installed into `folder` if it is missing. */
export async function installReference(folder: string): Promise<string> {
  const installed = findExecutable(folder)
  if (installed !== null) return installed
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...options, packageName], {
    shell: process.platform === 'win32',
  })
  const executable = findExecutable(folder)
  if (executable === null) throw new Error(`Cannot find the host of ${packageName}: it is not in "${folder}"`)
  return executable
}

function findExecutable(folder: string): string | null {
  const pattern = `node_modules/@openai/**/{${executableNames.join(',')}}`
  const [path] = globSync(pattern, { cwd: folder })
  return path === undefined ? null : join(folder, path)
}
