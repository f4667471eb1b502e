import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

/** Returns the files that load together with files of the package, and their size in bytes. */
function loadedWith(...names: readonly string[]): { readonly files: number; readonly bytes: number } {
  const seen = new Set(names.map((name) => join(dist, name)))
  let bytes = 0
  for (const file of seen) {
    const source = readFileSync(file, 'utf8')
    bytes += source.length
    for (const [, path = ''] of source.matchAll(/^(?:import|export)\b[^'"\n]*["'](\.[^'"]+)["']/gm)) {
      if (!path.endsWith('.cjs')) seen.add(resolve(dirname(file), path))
    }
  }
  return { files: seen.size, bytes }
}

const chunkWith = (text: string): string =>
  globSync('chunks/*.js', { cwd: dist }).find((name) => readFileSync(join(dist, name), 'utf8').includes(text)) ?? ''

test('the command loads few files before it starts a host, and to run a program', () => {
  expect(loadedWith('cli/bin.js').files).toBeLessThanOrEqual(4)
  const command = ['async function main(', 'async function execCommand('].map(chunkWith)
  expect(loadedWith('cli/bin.js', ...command).files).toBeLessThanOrEqual(30)
})

test.each([
  ['trace/bundle/writer-worker.js', 150_000],
  ['trace-format.js', 150_000],
  ['tools.js', 200_000],
  ['agent.js', 450_000],
  ['mcp.js', 450_000],
])('the entry %s loads little of the rest of the package', (name, most) => {
  expect(loadedWith(name).bytes).toBeLessThan(most)
})
