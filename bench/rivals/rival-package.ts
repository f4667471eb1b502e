import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isRecord } from '../../src/protocol/json.ts'

const cacheFolder = new URL('../../node_modules/.cache/codecell-rivals/', import.meta.url)

/** A rival that is an npm package: never a dependency of the project, installed in a folder of its own when asked for. */
export type RivalPackage = {
  /** Name of that folder. */
  readonly folder: string
  /** With exact versions. */
  readonly packages: readonly string[]
  /** Path of the module to load, from `node_modules`. */
  readonly entry: string
}

/** Installs a rival when it is not there. */
export async function installPackage(rival: RivalPackage): Promise<void> {
  if (existsSync(fileURLToPath(moduleUrl(rival)))) return
  const home = fileURLToPath(new URL(`${rival.folder}/`, cacheFolder))
  mkdirSync(home, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const args = ['install', '--prefix', home, ...options, ...rival.packages]
  await promisify(execFile)('npm', args, { shell: process.platform === 'win32' })
}

/** URL of the rival's module, once it is installed. */
export function moduleUrl({ folder, entry }: RivalPackage): string {
  return new URL(`${folder}/node_modules/${entry}`, cacheFolder).href
}

/** What a module that has no types here exports. */
export async function loadModule(url: string): Promise<Record<string, unknown>> {
  const loaded: unknown = await import(url)
  if (!isRecord(loaded)) throw new TypeError(`Cannot load "${url}": it is not a module`)
  return loaded
}

/** The method of a value that has no types here. Throws `TypeError` when there is none. */
export function method(owner: unknown, name: string): (...args: readonly unknown[]) => unknown {
  const found: unknown =
    (typeof owner === 'object' && owner !== null) || typeof owner === 'function' ? Reflect.get(owner, name) : null
  if (typeof found !== 'function') throw new TypeError(`Cannot call "${name}": the rival has no such function`)
  return (...args) => Reflect.apply(found, owner, args)
}
