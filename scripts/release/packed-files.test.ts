import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packedFileProblems } from './packed-files.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'codecell-packed-'))))
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

const manifest = JSON.stringify({
  bin: { codecell: './bin/codecell.js' },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './a.wasm': './dist/a.wasm' },
})
const map = (sources: readonly string[], sourcesContent?: readonly (string | null)[]) =>
  JSON.stringify({ version: 3, sources, sourcesContent, mappings: '' })
const whole = {
  'package.json': manifest,
  'bin/codecell.js': '',
  'dist/a.wasm': '',
  'dist/index.d.ts': '',
  'dist/index.js': 'export {}\n//# sourceMappingURL=index.js.map\n',
  'dist/index.js.map': map(['../src/index.ts'], ['export {}']),
}

test('a package whose maps contain their sources has no problems', () => {
  write(whole)
  expect(packedFileProblems(folder)).toEqual([])
})

test.each<[string, Readonly<Record<string, string>>, string[]]>([
  [
    'an export without its file',
    { 'package.json': manifest.replace('a.wasm"}', 'b.wasm"}') },
    ['package.json names ./dist/b.wasm, which is not in the package'],
  ],
  [
    'a map that misses',
    { 'dist/index.js': '\n//# sourceMappingURL=other.js.map' },
    ['dist/index.js names the source map other.js.map, which is not in the package'],
  ],
  [
    'a map without sources',
    { 'dist/index.js.map': map(['../src/index.ts']) },
    ['dist/index.js.map does not contain its sources'],
  ],
  [
    'a map without one source',
    { 'dist/index.js.map': map(['../src/index.ts', '../src/b.ts'], ['', null]) },
    ['dist/index.js.map does not contain ../src/b.ts'],
  ],
  [
    'a map with a path of a machine',
    { 'dist/index.js.map': map(['/home/me/src/index.ts'], ['']) },
    ['dist/index.js.map names /home/me/src/index.ts, a file of one machine'],
  ],
  ['a map of no file', { 'dist/chunks/a.js.map': map([], []) }, ['dist/chunks/a.js.map belongs to no file']],
])('a package with %s is reported', (_name, files, problems) => {
  write({ ...whole, ...files })
  expect(packedFileProblems(folder)).toEqual(problems)
})
