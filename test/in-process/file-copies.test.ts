import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { installedFiles } from '../../src/host/quickjs-threads/quickjs-files.ts'
import { fileCopies } from '../../scripts/build-copies.ts'

/** Returns the object that the build writes for a module. */
async function copiesIn(name: string): Promise<Record<string, unknown>> {
  const { load } = fileCopies
  const source: unknown = typeof load === 'object' ? await Reflect.apply(load.handler, {}, [name]) : null
  const json: unknown = JSON.parse(String(source).replace(/^export const \w+ = /, ''))
  return isRecord(json) ? json : {}
}

test('the copies for bundles are the files of the package', async () => {
  const { wasm, prelude, program } = await copiesIn('src/host/quickjs-threads/file-copies.ts')
  const original = createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')
  expect(gunzipSync(Buffer.from(String(wasm), 'base64')).equals(readFileSync(original))).toBe(true)
  expect(gunzipSync(Buffer.from(String(prelude), 'base64')).toString()).toBe(installedFiles().prelude)
  expect(gunzipSync(Buffer.from(String(program), 'base64')).toString()).toContain('parentPort')
})

test('each copy of a thread is a script without imports of files', async () => {
  const copies = await copiesIn('src/package/thread-copies.ts')
  expect(Object.keys(copies)).toEqual(['session/services/type-stripper-worker', 'trace/bundle/writer-worker'])
  for (const source of Object.values(copies)) {
    expect(() => parse(String(source), { ecmaVersion: 2023, sourceType: 'script' })).not.toThrow()
    expect(String(source)).not.toMatch(/require\([`'"](?!node:)/)
  }
})
