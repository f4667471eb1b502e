import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))

/** Folder of the reference, the same that the comparison with it uses. */
export const referenceFolder: string = join(cache, 'codecell-reference')

/** A package that is measured, and nothing that codecell depends on. */
export type RivalPackage = {
  readonly name: string
  /** With its exact version, and packages that it asks for beside it. */
  readonly install: readonly string[]
}

/** Installs a package into a folder of its own, once. */
export async function installPackage({ name, install }: RivalPackage): Promise<void> {
  const folder = folderOf(name)
  if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  const shell = process.platform === 'win32'
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...options, ...install], { shell })
}

/** Imports an installed package, or one that was installed beside it. */
export async function importPackage(installed: RivalPackage, name: string = installed.name): Promise<unknown> {
  const entry = join(folderOf(installed.name), 'node_modules', name, 'dist', 'index.js')
  const module: unknown = await import(pathToFileURL(entry).href)
  return module
}

function folderOf(name: string): string {
  return join(
    cache,
    'codecell-rivals',
    name
      .replaceAll(/[^a-z]+/g, ' ')
      .trim()
      .replaceAll(' ', '-'),
  )
}
