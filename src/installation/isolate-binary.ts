import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import supported from '../../bin/supported-node.cjs'
import { packageRequire } from '../package/package-file.ts'

type Runtime = ReturnType<typeof supported.currentRuntime>

export type IsolateBinary =
  | { readonly type: 'found'; readonly path: string }
  | { readonly type: 'missing'; readonly reason: string; readonly advice: string }

/** The versions of Node for which isolated-vm has binaries; a test compares them. */
export const isolateNodes = 'Node 24 or 26'

/**
 * Returns the binary of isolated-vm for this runtime and platform: the one in its package, or one that was compiled. The binary is
 * found without loading it, because another runtime than Node can crash on it.
 */
export function isolateBinary(
  folder: string | null = isolateFolder(),
  runtime: Runtime = supported.currentRuntime(),
): IsolateBinary {
  if (runtime.name !== 'Node') {
    const reason = `isolated-vm does not run in ${runtime.name} ${runtime.version}`
    return { type: 'missing', reason, advice: `Use ${isolateNodes} for V8` }
  }
  if (folder === null) {
    return { type: 'missing', reason: 'isolated-vm is not installed', advice: adviceForFolder(runtime) }
  }
  const file = supported.binaryFile(runtime)
  for (const path of [join(folder, 'build', 'Release', 'isolated_vm.node'), join(folder, file)]) {
    if (existsSync(path)) return { type: 'found', path }
  }
  const reason = `isolated-vm has no binary ${file} for Node ${runtime.version} on ${runtime.platform} ${runtime.arch}`
  return {
    type: 'missing',
    reason,
    advice: adviceFor(runtime) ?? `Reinstall isolated-vm: the file is missing in "${folder}"`,
  }
}

/** Returns how to get isolated-vm, which package managers do not install for another Node. */
function adviceForFolder(runtime: Runtime): string {
  return adviceFor(runtime) ?? 'Run "npm install isolated-vm@7"; package managers can skip optional dependencies'
}

const platforms = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'])
const majors: readonly string[] = isolateNodes.match(/\d+/g) ?? []

/** Returns which platform or Node to use for V8; null for one that has a binary. */
function adviceFor(runtime: Runtime): string | null {
  if (!platforms.has(`${runtime.platform}-${runtime.arch}`)) {
    return 'Use Linux x64 or arm64, macOS arm64 or Windows x64, or compile it with "npm rebuild isolated-vm"'
  }
  return majors.includes(runtime.version.split('.')[0] ?? '') ? null : `Use ${isolateNodes} for V8`
}

function isolateFolder(): string | null {
  try {
    return dirname(packageRequire().resolve('isolated-vm/package.json'))
  } catch {
    return null
  }
}
