import { createRequire } from 'node:module'
import { installedVersion } from './installed-version.ts'
import { isOf } from './peer-package.ts'

/** The major version of TypeScript whose API type notes use. */
const versions = '7'

/** The module of TypeScript that the type checker loads. */
const checkerModule = 'typescript/unstable/async'

/** The installed TypeScript, or the reason why type notes are unavailable. */
export type FoundTypeScript =
  | { readonly type: 'usable'; readonly version: string }
  | { readonly type: 'unusable'; readonly reason: string }

export function findTypeScript(from: string = import.meta.url): FoundTypeScript {
  const version = installedVersion('typescript', from)
  if (version === null) {
    return { type: 'unusable', reason: `TypeScript is not installed, and type notes need TypeScript ${versions}` }
  }
  if (!isOf(version, versions)) {
    return {
      type: 'unusable',
      reason: `TypeScript ${version} is installed, and type notes need TypeScript ${versions}`,
    }
  }
  try {
    createRequire(from).resolve(checkerModule)
    return { type: 'usable', version }
  } catch {
    return { type: 'unusable', reason: `TypeScript ${version} has no "${checkerModule}", which type notes need` }
  }
}
