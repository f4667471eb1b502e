import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CodecellError } from '../../../errors.ts'
import { bundleAdvice, packageFile, runsFromSource, startedModule } from '../../../package/package-file.ts'

/**
 * Returns the path of a host program: TypeScript when codecell runs from source, JavaScript when it runs from the package.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the program is not found
 */
export function hostProgram(name: 'main' | 'inspected-main'): string {
  checkLoader()
  const program = fileURLToPath(startedModule(`host/${name}`))
  if (existsSync(program)) return program
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find its program "${program}", so codecell is part of a bundle. ${bundleAdvice}`,
  )
}

/**
 * Returns the path of the compiled host program. The strict profile has no WebAssembly, which Node needs to strip types.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the program is not found
 */
export function compiledHostProgram(): string {
  checkLoader()
  if (!runsFromSource()) return hostProgram('main')
  const program = fileURLToPath(packageFile('dist/host/main.cjs'))
  if (existsSync(program)) return program
  throw new CodecellError(
    'HOST_START_FAILED',
    'Cannot start a host in the strict profile from TypeScript source: run "npm run build" first',
  )
}

/** Throws under Yarn Plug'n'Play, where a host process cannot load its files. */
function checkLoader(): void {
  if (process.versions['pnp'] === undefined) return
  throw new CodecellError(
    'HOST_START_FAILED',
    "Cannot start a host under Yarn Plug'n'Play: use `inProcessHostPool` of codecell/in-process, or write " +
      '"nodeLinker: node-modules" into .yarnrc.yml and install again. ' +
      'See docs/bundlers.md of codecell',
  )
}
