import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildCommonJs, buildModules } from '../../scripts/build-modules.ts'
import { assemblePrelude } from '../../src/host/engine/prelude-script.ts'
import { quickJsPrelude } from '../../src/host/quickjs/quickjs-prelude.ts'
import { builtPrelude, v8Prelude } from '../../src/host/v8/v8-prelude.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Apart from `dist`, so that a build during a run of the benchmark has no effect on it. */
const home = `${root}node_modules/.cache/codecell-bench`
const entry = `${home}/dist/index.js`

/** URL of the compiled main module of the package. */
export const builtPackage: string = pathToFileURL(entry).href

/** URL of the compiled module for hosts in the measuring process. */
export const builtInProcess: string = pathToFileURL(`${home}/dist/in-process.js`).href

/** URL of the compiled trace module. */
export const builtTrace: string = pathToFileURL(`${home}/dist/trace.js`).href

/** Path of the compiled command line. */
export const builtCommand: string = `${home}/dist/cli/bin.js`

/**
 * Builds the package when a source changed since the last time. The benchmark measures the published form: hosts of
 * the strict profile cannot run from TypeScript, and stripping types would count as startup time.
 */
export async function buildPackage(): Promise<void> {
  if (!isFresh()) await build()
}

function isFresh(): boolean {
  if (!existsSync(entry)) return false
  const builtAt = statSync(`${home}/package.json`).mtimeMs
  return globSync(`${root}src/**/*`).every((path) => statSync(path).mtimeMs < builtAt)
}

async function build(): Promise<void> {
  mkdirSync(home, { recursive: true })
  await buildModules(`${home}/dist`)
  await buildCommonJs(`${home}/dist`)
  writeFileSync(`${home}/dist/host/v8-prelude.js`, builtPrelude(assemblePrelude(v8Prelude)))
  writeFileSync(`${home}/dist/host/quickjs-prelude.js`, assemblePrelude(quickJsPrelude))
  // Imported by every entry.
  cpSync(`${root}bin`, `${home}/bin`, { recursive: true })
  copyFileSync(`${root}package.json`, `${home}/package.json`)
}
