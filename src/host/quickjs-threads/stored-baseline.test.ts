import { expect, test } from 'vitest'
import { createBaseline } from '../quickjs/baseline.ts'
import { memoryDigest } from '../quickjs/quickjs-print.ts'
import { loadQuickJsPrelude } from '../quickjs/quickjs-prelude.ts'
import { loadQuickJsWasm } from '../quickjs/quickjs-wasm.ts'
import { nodeStackBytes } from './quickjs-engine.ts'
import { decodeBaseline, encodeBaseline } from './stored-baseline.ts'

const { wasm: _wasm, ...computed } = createBaseline({
  wasm: loadQuickJsWasm(),
  prelude: loadQuickJsPrelude(),
  stackBytes: nodeStackBytes,
})
const baseline = { ...computed, digest: memoryDigest(computed.memory) }
const file = encodeBaseline(baseline)

/** Returns the file with another first line. */
function withHead(head: unknown): Uint8Array {
  return Buffer.concat([Buffer.from(JSON.stringify(head)), file.subarray(file.indexOf(10))])
}

test('a stored baseline is the same as the one that was stored', () => {
  const read = decodeBaseline(file, nodeStackBytes)
  expect({ ...read, memory: read === null ? null : memoryDigest(read.memory) }).toEqual({
    ...baseline,
    memory: baseline.digest,
  })
})

test('a stored baseline is not used with another size of stack', () => {
  expect(decodeBaseline(file, 64 * 1024)).toBeNull()
})

test.each<[string, Uint8Array, string]>([
  ['without registers', withHead({ stackBytes: nodeStackBytes }), 'has no registers'],
  ['without functions', withHead({ ...baseline, memory: undefined, functions: null }), 'has no functions'],
  [
    'with a missing function',
    withHead({ ...baseline, memory: undefined, functions: { receive: 1 } }),
    'has no number "complete"',
  ],
  ['that is a list', withHead([]), 'has no line'],
  ['that is cut', file.subarray(0, file.length - 100), 'unexpected end of file'],
  ['that is empty', new Uint8Array(0), 'Unexpected end of JSON input'],
])('a stored baseline %s is refused', (_name, bytes, text) => {
  expect(() => decodeBaseline(bytes, nodeStackBytes)).toThrow(text)
})
