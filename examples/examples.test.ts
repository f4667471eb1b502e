import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isRecord } from '../src/protocol/json.ts'
import { missingLine } from '../scripts/examples/missing-line.ts'

const folder = fileURLToPath(new URL('./', import.meta.url))
const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), 'utf8')

type Manifest = { readonly [key: string]: Readonly<Record<string, string>> }

function manifestOf(...path: readonly string[]): Manifest {
  const parsed: unknown = JSON.parse(read(...path, 'package.json'))
  const entries = Object.entries(isRecord(parsed) ? parsed : {}).map(
    ([key, value]): [string, Record<string, string>] => [
      key,
      isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)])) : {},
    ],
  )
  return Object.fromEntries(entries)
}

const examples = readdirSync(folder).filter(
  (name) => existsSync(join(folder, name, 'package.json')) && manifestOf(name)['scripts']?.['start'] !== undefined,
)

/** Returns the source files of an example, relative to its folder. */
function sourcesOf(name: string): readonly string[] {
  const files = readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /\.tsx?$/.test(file) && !/node_modules|\.next|next-env/.test(file))
}

describe.each(examples)('the example %s', (name) => {
  const { dependencies = {}, devDependencies = {} } = manifestOf(name)

  test('pins its dependencies, and takes this minor version of codecell', () => {
    const { codecell = '', ...others } = dependencies
    const { version } = JSON.parse(read('..', 'package.json'))
    // A patch needs no new range.
    expect(codecell).toBe(`^${String(version).replace(/\.\d+$/, '.0')}`)
    for (const each of [...Object.values(others), ...Object.values(devDependencies)]) expect(each).toMatch(/^\d[\d.]*$/)
  })

  test('has the versions of the repository', () => {
    const { devDependencies: own = {}, dependencies: runtime = {} } = manifestOf('..')
    const repository = { ...own, ...runtime }
    for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (dependency in repository) expect(`${dependency}@${version}`).toBe(`${dependency}@${repository[dependency]}`)
    }
  })

  test('imports only its own files and its dependencies', () => {
    for (const file of sourcesOf(name)) {
      for (const [, imported = ''] of read(name, file).matchAll(/(?:from|import) '([^']+)'/g)) {
        if (imported.startsWith('node:')) continue
        if (imported.startsWith('.')) expect(existsSync(join(folder, name, file, '..', imported)), imported).toBe(true)
        else expect(Object.keys(dependencies)).toContain(/^(@[^/]+\/)?[^/]+/.exec(imported)?.[0])
      }
      expect(read(name, file)).not.toMatch(/'(?:\.\.\/)+(?:src|support|test)\//)
    }
  })

  test('has short files without casts', () => {
    for (const file of sourcesOf(name)) {
      const source = read(name, file)
      expect(source.split('\n').length, file).toBeLessThanOrEqual(121)
      expect(source.replaceAll(/\/\/.*|\/\*[^]*?\*\//g, ''), file).not.toMatch(
        / as (?!const\b)[A-Z]\w*|\bany\b(?!')|!\./,
      )
    }
  })

  test('is explained by its README and by docs/examples.md', () => {
    expect(read(name, 'README.md')).toContain('npm install && npm start')
    expect(read('../docs/examples.md')).toContain(`| \`${name}\` |`)
  })
})

test('docs/examples.md lists existing examples only', () => {
  const listed = [...read('../docs/examples.md').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)
  expect(new Set(listed)).toEqual(new Set(examples))
})

test('the lines of an expected output must be in the output, in order', () => {
  expect(missingLine('one\ntwo 2\nthree', 'one\ntwo\n')).toBe(null)
  expect(missingLine('one\ntwo\nthree', 'three\none')).toBe('one')
  expect(missingLine('one', 'one\none')).toBe('one')
})
