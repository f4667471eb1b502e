import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const folder = resolve('node_modules/.cache/codecell-rivals')

/** Installs packages, pinned, beside the project and not in it. */
export async function installPackages(packages: Readonly<Record<string, string>>): Promise<void> {
  const missing = Object.keys(packages).filter(
    (name) => !existsSync(join(folder, 'node_modules', name, 'package.json')),
  )
  if (missing.length === 0) return
  mkdirSync(folder, { recursive: true })
  const specs = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps']
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...options, ...specs])
}

/** Imports a package that `installPackages` has installed. */
export async function importPackage(name: string): Promise<Record<string, unknown>> {
  const resolved = createRequire(join(folder, 'package.json')).resolve(name)
  const imported: Record<string, unknown> = await import(pathToFileURL(resolved).href)
  return imported
}
