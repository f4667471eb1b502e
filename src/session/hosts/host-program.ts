import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CodecellError } from '../../errors.ts'

const advice =
  'Keep codecell outside of the bundle: esbuild `external: ["codecell"]`, Vite `ssr: { external: ["codecell"] }`, ' +
  'Next.js `serverExternalPackages: ["codecell"]`. See docs/bundlers.md of codecell'

/**
 * Returns the path of a host program: TypeScript when codecell runs from source, JavaScript when it runs from the package.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the program is not found
 */
export function hostProgram(name: 'main' | 'inspected-main'): string {
  const url = moduleUrl()
  return existingPath(new URL(`../../host/${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url))
}

/**
 * Returns the path of the compiled host program. The strict profile has no WebAssembly, which Node needs to strip types.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the program is not found
 */
export function compiledHostProgram(): string {
  const url = moduleUrl()
  if (!url.endsWith('.ts')) return hostProgram('main')
  const program = fileURLToPath(new URL(['..', '..', '..', 'dist', 'host', 'main.js'].join('/'), url))
  if (existsSync(program)) return program
  throw new CodecellError(
    'HOST_START_FAILED',
    'Cannot start a host in the strict profile from TypeScript source: run "npm run build" first',
  )
}

function existingPath(url: URL): string {
  const program = fileURLToPath(url)
  if (existsSync(program)) return program
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find its program "${program}", so codecell is part of a bundle. ${advice}`,
  )
}

/** Returns the URL of this module. Throws under Yarn Plug'n'Play and in a bundle, where a host process cannot load its files. */
function moduleUrl(): string {
  if (process.versions['pnp'] !== undefined) {
    throw new CodecellError(
      'HOST_START_FAILED',
      'Cannot start a host under Yarn Plug\'n\'Play: write "nodeLinker: node-modules" into .yarnrc.yml and install again. ' +
        'See docs/bundlers.md of codecell',
    )
  }
  const url: string | undefined = import.meta.url
  // Bundlers that produce CommonJS replace `import.meta.url` by undefined or an empty string.
  if (typeof url === 'string' && url !== '') return url
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find host/main.js, because codecell is part of a bundle. ${advice}`,
  )
}
