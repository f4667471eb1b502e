import { existsSync } from 'node:fs'
import { CodecellError } from '../errors.ts'

/** The modules that a process or thread starts with, as paths below `src/` without extension. */
export const startedModules = [
  'host/main',
  'host/inspected-main',
  'host/quickjs-threads/thread-worker',
  'agent/type-check/type-checker-worker',
  'session/services/type-stripper-worker',
  'trace/bundle/writer-worker',
] as const

/** Those that a build writes as one CommonJS module with all its parts, which loads in half the time in a process without a compile cache. */
export const commonJsModules: ReadonlySet<string> = new Set<StartedModule>([
  'host/main',
  'host/quickjs-threads/thread-worker',
])

export type StartedModule = (typeof startedModules)[number]

/** Advice for a bundle, for error texts. */
export const bundleAdvice: string =
  'Use `inProcessHostPool` of codecell/in-process, or keep codecell outside of the bundle: esbuild `external: ["codecell"]`, Vite `ssr: { external: ["codecell"] }`, ' +
  'Next.js `serverExternalPackages: ["codecell"]`. See docs/bundlers.md of codecell'

/**
 * Returns the URL of a module: TypeScript when codecell runs from source, JavaScript when it runs from the package.
 *
 * @throws {CodecellError} `HOST_START_FAILED` in a bundle that has no module URLs
 */
export function startedModule(name: StartedModule): URL {
  if (runsFromSource()) return packageFile(`src/${name}.ts`)
  return packageFile(`dist/${name}.${commonJsModules.has(name) ? 'cjs' : 'js'}`)
}

/**
 * Returns the URL of a module; null when a process or thread cannot load it: codecell is part of a bundle, or Yarn Plug'n'Play keeps it
 * in an archive.
 */
export function findModule(name: StartedModule): URL | null {
  if (isModuleUrl(import.meta.url) && process.versions['pnp'] === undefined) {
    const found = startedModule(name)
    if (existsSync(found)) return found
  }
  return null
}

/** Whether codecell runs from its TypeScript source. */
export function runsFromSource(): boolean {
  return moduleUrl().endsWith('.ts')
}

/**
 * Returns the URL of a file by its path from the root of the package. The build puts this module into `dist/chunks/`, which is as
 * deep as its folder in `src/`.
 *
 * @throws {CodecellError} `HOST_START_FAILED` in a bundle that has no module URLs
 */
export function packageFile(path: string): URL {
  return new URL(`../../${path}`, moduleUrl())
}

/**
 * Returns the `require` of this package. A bundler does not see its uses, so it leaves them for run time.
 *
 * @throws {CodecellError} `HOST_START_FAILED` in a bundle that has no module URLs
 */
export function packageRequire(): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(moduleUrl())
}

function moduleUrl(): string {
  // Not by destructuring: a bundler replaces the whole expression in CommonJS.
  const url: string | undefined = import.meta.url
  if (isModuleUrl(url)) return url
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find host/main.cjs, because codecell is part of a bundle. ${bundleAdvice}`,
  )
}

/** Whether this is the URL of a module. Bundlers that produce CommonJS replace `import.meta.url` by undefined or an empty string. */
function isModuleUrl(url: string | undefined): url is string {
  return typeof url === 'string' && url !== ''
}
