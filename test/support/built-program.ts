import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isExternal } from '../../scripts/build-modules.ts'

const root = new URL('../../', import.meta.url)
const built = new URL('../.built/', import.meta.url)

/**
 * Bundles a test program with the sources that it imports: it starts in half the time, and so do its hosts. Returns its path. The
 * package must be built, because the program finds its host there.
 */
export async function builtProgram(file: URL): Promise<string> {
  await using build = await rolldown({
    input: fileURLToPath(file),
    platform: 'node',
    external: isExternal,
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  const name = relative(fileURLToPath(root), fileURLToPath(file)).replaceAll(/[/\\]/g, '-').replace(/ts$/, 'js')
  mkdirSync(built, { recursive: true })
  // Another process can start the existing file at this time.
  const fresh = new URL(`${name}.${process.pid}`, built)
  writeFileSync(fresh, output[0].code)
  renameSync(fresh, new URL(name, built))
  return fileURLToPath(new URL(name, built))
}
