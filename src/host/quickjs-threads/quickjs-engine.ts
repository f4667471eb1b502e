import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Engine, EngineIsolate, IsolateOptions } from '../engine/engine.ts'
import { createBaseline, type Baseline } from '../quickjs/baseline.ts'
import { loadQuickJsPrelude } from '../quickjs/quickjs-prelude.ts'
import { quickJsPrint } from '../quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../quickjs/quickjs-wasm.ts'
import { QuickJsIsolate } from './quickjs-isolate.ts'
import { ThreadPool } from './thread-pool.ts'

const stackBytes = 512 * 1024

/** The baseline of this process. */
let baseline: Baseline | null = null

/** Machines of QuickJS, on worker threads. */
export class QuickJsEngine implements Engine {
  readonly #baseline = (baseline ??= sharedBaseline())
  readonly #pool = new ThreadPool(this.#baseline)

  print(): EnginePrint {
    return quickJsPrint(this.#baseline)
  }

  createIsolate({ memoryMb, inspection }: IsolateOptions): EngineIsolate {
    if (inspection !== null) throw new Error('Cannot inspect a cell: expected the engine v8, got quickjs')
    return new QuickJsIsolate(this.#pool, memoryMb)
  }

  dispose(): void {
    this.#pool.dispose()
  }
}

/** Returns a new baseline, in memory that all threads share. */
function sharedBaseline(): Baseline {
  const created = createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes })
  const memory = new Uint8Array(new SharedArrayBuffer(created.memory.length))
  memory.set(created.memory)
  return { ...created, memory }
}
