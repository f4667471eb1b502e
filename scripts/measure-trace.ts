import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { writeLargeTrace } from '../bench/large-trace.ts'
import { makeViewData, openTraceBundle, reduceTrace } from '../src/trace.ts'

// node scripts/measure-trace.ts [events]
// Writes a bundle, reduces it, and reduces it with the reference if that is installed.

const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
const reference = join(cache, 'codecell-reference/node_modules/.bin/codex')
const events = Number(process.argv[2] ?? 100_000)
const folder = mkdtempSync(join(tmpdir(), 'codecell-measure-'))
try {
  measure(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function measure(root: string): void {
  const written = timed(() => writeLargeTrace(root, events))
  console.log(`write: ${events} events, ${((written.ms * 1000) / events).toFixed(1)} µs each`)
  const bundle = openTraceBundle(written.value)
  const reduced = timed(() => JSON.stringify(reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)))
  const size = (reduced.value.length / 1e6).toFixed(1)
  const viewed = timed(() => JSON.stringify(makeViewData(bundle)))
  console.log(`view: ${Math.round(viewed.ms)} ms, data ${(viewed.value.length / 1e6).toFixed(1)} MB`)
  const { maxRSS } = process.resourceUsage()
  console.log(`reduce: ${Math.round(reduced.ms)} ms, state ${size} MB, peak memory ${Math.round(maxRSS / 1000)} MB`)
  if (!existsSync(reference)) return console.log('reference: not installed (npm run compare:reference installs it)')
  const output = join(root, 'reference.json')
  const environment = { PATH: process.env['PATH'], HOME: root, CODEX_HOME: root }
  const args = ['debug', 'trace-reduce', written.value, '--output', output]
  const other = timed(() => spawnSync(reference, args, { encoding: 'utf8', env: environment }))
  if (other.value.status !== 0) return console.log(`reference: ${other.value.stderr}`)
  const isEqual = isDeepStrictEqual(JSON.parse(reduced.value), JSON.parse(readFileSync(output, 'utf8')))
  console.log(`reference: ${Math.round(other.ms)} ms with its start, ${isEqual ? 'the same state' : 'another state'}`)
}

function timed<Value>(run: () => Value): { readonly value: Value; readonly ms: number } {
  const start = performance.now()
  const value = run()
  return { value, ms: performance.now() - start }
}
