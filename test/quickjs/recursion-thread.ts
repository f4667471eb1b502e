import { parentPort } from 'node:worker_threads'
import { createBaseline } from '../../src/host/quickjs/baseline.ts'
import { loadQuickJsPrelude } from '../../src/host/quickjs/quickjs-prelude.ts'
import { loadQuickJsWasm } from '../../src/host/quickjs/quickjs-wasm.ts'
import { recursionEnds } from './recursion-ends.ts'

// A thread with the stack of those of a host.
const baseline = createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes: 512 * 1024 })
parentPort?.postMessage(recursionEnds(baseline))
