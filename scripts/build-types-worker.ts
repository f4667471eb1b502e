import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { rolldown } from 'rolldown'
import { libraryTexts } from './library-texts.ts'
import { webVariants } from './web-variants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The files that the worker is built from, besides packages. */
const inputs = [
  'playground/src/types/*.ts',
  'console/src/playground/types/*.ts',
  'src/agent/{type-check,preflight}/*.ts',
  'src/declarations/cell-libraries.ts',
  'scripts/{build-types-worker,library-texts,web-variants}.ts',
  'package-lock.json',
]

/**
 * Writes the worker of TypeScript for the console, compressed with Brotli. It is most of a megabyte, so it is built only when its files
 * changed.
 */
export async function buildTypesWorker(file: string): Promise<void> {
  const cached = join(root, 'node_modules', '.cache', 'codecell-types-worker', `${digestOfInputs()}.js.br`)
  if (!existsSync(cached)) {
    mkdirSync(dirname(cached), { recursive: true })
    const temporary = `${cached}.${process.pid}`
    writeFileSync(temporary, compressed(await bundledWorker()))
    renameSync(temporary, cached)
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, readFileSync(cached))
}

async function bundledWorker(): Promise<string> {
  await using build = await rolldown({
    cwd: root,
    input: 'playground/src/types/types-worker.ts',
    platform: 'browser',
    plugins: [webVariants(), libraryTexts()],
    // TypeScript asks for modules of Node where there are none.
    checks: { unresolvedImport: false },
    transform: { target: 'es2023' },
  })
  const { output } = await build.generate({ format: 'esm', minify: true })
  const [{ code, imports }] = output
  if (imports.length > 0)
    throw new Error(`Cannot build the worker: expected one file, but it imports ${imports.join(', ')}`)
  return code
}

function compressed(code: string): Uint8Array {
  return brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } })
}

function digestOfInputs(): string {
  const hash = createHash('sha256')
  for (const file of globSync(inputs, { cwd: root }).toSorted()) {
    const content = readFileSync(join(root, file))
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}
