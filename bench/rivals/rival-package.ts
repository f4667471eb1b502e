import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isRecord } from '../../src/protocol/json.ts'

const cacheFolder = new URL('../../node_modules/.cache/codecell-rivals/', import.meta.url)

/**
 * A rival that is an npm package. It is not a dependency of the project, but installed in its own directory on demand.
 */
export type RivalPackage = {
  /** Name of that directory. */
  readonly folder: string
  /** With exact versions. */
  readonly packages: readonly string[]
  /** The path of the module to load, relative to `node_modules`. */
  readonly entry: string
}

/** Installs a missing rival. */
export async function installPackage(rival: RivalPackage): Promise<void> {
  if (existsSync(fileURLToPath(moduleUrl(rival)))) return
  const home = fileURLToPath(new URL(`${rival.folder}/`, cacheFolder))
  mkdirSync(home, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const args = ['install', '--prefix', home, ...options, ...rival.packages]
  await promisify(execFile)('npm', args, { shell: process.platform === 'win32' })
}

/** Returns the URL of the module of an installed rival. */
export function moduleUrl({ folder, entry }: RivalPackage): string {
  return new URL(`${folder}/node_modules/${entry}`, cacheFolder).href
}

/** The exports of an untyped module. */
export async function loadModule(url: string): Promise<Record<string, unknown>> {
  const loaded: unknown = await import(url)
  if (!isRecord(loaded)) throw new TypeError(`Cannot load "${url}": it is not a module`)
  return loaded
}

/** Returns a method of an untyped value. Throws `TypeError` without one. */
export function method(owner: unknown, name: string): (...args: readonly unknown[]) => unknown {
  const found: unknown =
    (typeof owner === 'object' && owner !== null) || typeof owner === 'function' ? Reflect.get(owner, name) : null
  if (typeof found !== 'function') throw new TypeError(`Cannot call "${name}": the rival does not have this function`)
  return (...args) => Reflect.apply(found, owner, args)
}
