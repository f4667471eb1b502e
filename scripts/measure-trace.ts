import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manyEvents, manyPayloads, writeLargeTrace, type LargeTrace } from '../bench/large-trace.ts'
import { makeViewData, openTraceBundle, reduceTrace } from '../src/trace.ts'

// node scripts/measure-trace.ts [events|payloads]
// Writes a large bundle, reduces it and makes the data of its page, all in this process: for profiles. The command is compared
// with the reference by `npm run bench -- reduce-trace reduce-payloads`.

const folder = mkdtempSync(join(tmpdir(), 'codecell-measure-'))
try {
  measure(folder, process.argv[2] === 'payloads' ? manyPayloads : manyEvents)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function measure(root: string, trace: LargeTrace): void {
  const written = timed(() => writeLargeTrace(root, trace))
  console.log(`write: ${Math.round(written.ms)} ms`)
  const bundle = openTraceBundle(written.value)
  const reduced = timed(() => JSON.stringify(reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)))
  const size = (reduced.value.length / 1e6).toFixed(1)
  const { maxRSS } = process.resourceUsage()
  console.log(`reduce: ${Math.round(reduced.ms)} ms, state ${size} MB, peak memory ${Math.round(maxRSS / 1000)} MB`)
  const viewed = timed(() => JSON.stringify(makeViewData(bundle)))
  console.log(`view: ${Math.round(viewed.ms)} ms, data ${(viewed.value.length / 1e6).toFixed(1)} MB`)
}

function timed<Value>(run: () => Value): { readonly value: Value; readonly ms: number } {
  const start = performance.now()
  const value = run()
  return { value, ms: performance.now() - start }
}
