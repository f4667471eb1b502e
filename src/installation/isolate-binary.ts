import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import supported from '../../bin/supported-node.cjs'

type Runtime = ReturnType<typeof supported.currentRuntime>

export type IsolateBinary =
  | { readonly type: 'found'; readonly path: string }
  | { readonly type: 'missing'; readonly reason: string; readonly advice: string }

/** Returns the binary of isolated-vm for this Node and platform: the one in its package, or one that was compiled. */
export function isolateBinary(
  folder: string | null = isolateFolder(),
  runtime: Runtime = supported.currentRuntime(),
): IsolateBinary {
  if (folder === null) {
    return { type: 'missing', reason: 'isolated-vm is not installed', advice: 'Reinstall codecell' }
  }
  const file = supported.binaryFile(runtime)
  for (const path of [join(folder, 'build', 'Release', 'isolated_vm.node'), join(folder, file)]) {
    if (existsSync(path)) return { type: 'found', path }
  }
  const reason = `isolated-vm has no binary ${file} for Node ${runtime.version} on ${runtime.platform} ${runtime.arch}`
  return { type: 'missing', reason, advice: adviceFor(folder, runtime) }
}

const platforms = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'])

function adviceFor(folder: string, runtime: Runtime): string {
  if (!platforms.has(`${runtime.platform}-${runtime.arch}`)) {
    return 'Use Linux x64 or arm64, macOS arm64 or Windows x64, or compile it with "npm rebuild isolated-vm"'
  }
  return supported.runtimeProblem(runtime) === null
    ? `Reinstall codecell: the file is missing in "${folder}"`
    : `Use ${supported.wanted}`
}

function isolateFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('isolated-vm/package.json'))
  } catch {
    return null
  }
}
