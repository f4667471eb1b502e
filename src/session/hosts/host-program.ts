import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CodecellError } from '../../errors.ts'

const advice =
  'Keep codecell outside of the bundle: esbuild `external: ["codecell"]`, Vite `ssr: { external: ["codecell"] }`, ' +
  'Next.js `serverExternalPackages: ["codecell"]`. See docs/bundlers.md of codecell'

/** The program of a host as Node runs it: TypeScript from source, JavaScript from the package. Throws `HOST_START_FAILED`. */
export function hostProgram(name: 'main' | 'inspected-main'): string {
  const url = moduleUrl()
  return found(new URL(`../../host/${name}.${url.endsWith('.ts') ? 'ts' : 'js'}`, url))
}

/** The same as JavaScript: Node cannot take types away without WebAssembly, and the strict profile has none. */
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

function found(url: URL): string {
  const program = fileURLToPath(url)
  if (existsSync(program)) return program
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find its program "${program}", so codecell is part of a bundle. ${advice}`,
  )
}

/** Where this module is. A host is a process that Node starts with a file, and needs packages in folders. */
function moduleUrl(): string {
  if (process.versions['pnp'] !== undefined) {
    throw new CodecellError(
      'HOST_START_FAILED',
      'Cannot start a host under Yarn Plug\'n\'Play: write "nodeLinker: node-modules" into .yarnrc.yml and install again. ' +
        'See docs/bundlers.md of codecell',
    )
  }
  const url: string | undefined = import.meta.url
  // What bundlers write in its place for CommonJS.
  if (typeof url === 'string' && url !== '') return url
  throw new CodecellError(
    'HOST_START_FAILED',
    `Cannot start a host: cannot find host/main.js, because codecell is part of a bundle. ${advice}`,
  )
}
