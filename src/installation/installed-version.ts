import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isRecord } from '../protocol/json.ts'

/**
 * The version of a package as this one finds it, or null where that cannot be told: it is not installed, or there are no
 * folders of packages, as in a bundle. `from` is the URL of a module.
 */
export function installedVersion(name: string, from: string = import.meta.url): string | null {
  for (const folder of packageFolders(name, from)) {
    const version = versionIn(join(folder, name, 'package.json'))
    if (version !== null) return version
  }
  return null
}

function packageFolders(name: string, from: string): readonly string[] {
  try {
    return createRequire(from).resolve.paths(name) ?? []
  } catch {
    // A bundle in CommonJS has no URL of a module.
    return []
  }
}

function versionIn(manifest: string): string | null {
  try {
    const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'))
    return isRecord(content) && typeof content['version'] === 'string' ? content['version'] : null
  } catch {
    return null
  }
}
