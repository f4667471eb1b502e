import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isExternal } from '../../scripts/build-modules.ts'
import { isQuickJs } from './engine.ts'
import { quickJsByDefault } from './quickjs-by-default.ts'

const root = new URL('../../', import.meta.url)
const built = new URL('../.built/', import.meta.url)

/** A text of one source that a build has in another form. `name` is part of the file name of the build. */
export type SourceChange = { readonly name: string; readonly file: string; readonly from: string; readonly to: string }

/**
 * Bundles a test program with the sources that it imports: it starts in half the time, and so do its hosts. Returns its path. The
 * package must be built, because the program finds its host there.
 *
 * @throws {Error} when `change` does not find its text exactly once
 */
export async function builtProgram(file: URL, change: SourceChange | null = null): Promise<string> {
  let changes = 0
  const plugin = {
    name: 'change-source',
    transform(code: string, id: string): string | null {
      if (change === null || relative(fileURLToPath(root), id).replaceAll('\\', '/') !== change.file) return null
      changes += code.split(change.from).length - 1
      return code.replace(change.from, () => change.to)
    },
  }
  await using build = await rolldown({
    input: fileURLToPath(file),
    platform: 'node',
    external: isExternal,
    plugins: [plugin, ...(isQuickJs ? [quickJsByDefault] : [])],
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  if (change !== null && changes !== 1) {
    throw new Error(`Cannot change ${change.file}: expected its text once, got ${changes} times: ${change.from}`)
  }
  const engine = isQuickJs ? 'quickjs.' : ''
  const kind = change === null ? `${engine}js` : `${change.name}.${engine}js`
  const name = relative(fileURLToPath(root), fileURLToPath(file)).replaceAll(/[/\\]/g, '-').replace(/ts$/, kind)
  mkdirSync(built, { recursive: true })
  // Another process can start the existing file at this time.
  const fresh = new URL(`${name}.${process.pid}`, built)
  writeFileSync(fresh, output[0].code)
  renameSync(fresh, new URL(name, built))
  return fileURLToPath(new URL(name, built))
}
