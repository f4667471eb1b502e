import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isRecord } from '../protocol/json.ts'

/**
 * Returns the version of a package as a module finds it. Null for a package that is not installed, and in bundles, which have no
 * package folders. `from` is the URL of the module.
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
    // A CommonJS bundle has no module URL.
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
