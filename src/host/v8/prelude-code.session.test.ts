import ivm from 'isolated-vm'
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { compilePrelude } from './prelude-code.ts'
import { loadV8Prelude } from './v8-prelude.ts'

const { source } = loadV8Prelude()
const filename = 'codecell:prelude'

test('an isolate accepts the code cache of the prelude', () => {
  const cachedData = new ivm.ExternalCopy(compilePrelude(source, filename))
  const isolate = new ivm.Isolate()
  const script = isolate.compileScriptSync(source, { filename, cachedData })
  expect(script).toMatchObject({ cachedDataRejected: false })
  isolate.dispose()
})

test('the code cache of the prelude has more functions than those that V8 compiles with the script', () => {
  // Another source: V8 remembers what it has compiled for this one.
  const compiledAtOnce = new Script(`${source}\n`, { filename }).createCachedData()
  expect(compilePrelude(source, filename).byteLength).toBeGreaterThan(1.2 * compiledAtOnce.byteLength)
})
