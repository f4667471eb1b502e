import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Engine, EngineIsolate, IsolateOptions } from '../engine/engine.ts'
import { createBaseline, type Baseline } from './baseline.ts'
import { InlineIsolate, type InlineListener } from './inline-isolate.ts'
import { loadQuickJsPrelude } from './quickjs-prelude.ts'
import { quickJsPrint } from './quickjs-print.ts'
import { SliceQueue } from './slice-queue.ts'

/** Size of the stack that QuickJS may use, in bytes: threads of browsers and edge platforms have a megabyte or less. */
const inlineStackBytes = 64 * 1024

const silent: InlineListener = { onCheck: () => undefined, onEmission: () => undefined }

/** QuickJS on the thread of its host, which a running program blocks. */
export class InlineEngine implements Engine {
  readonly #wasm: WebAssembly.Module
  readonly #listener: InlineListener
  readonly #queue = new SliceQueue()
  #baseline: Baseline | null = null
  #print: EnginePrint | null = null

  constructor(wasm: WebAssembly.Module, listener: InlineListener = silent) {
    this.#wasm = wasm
    this.#listener = listener
  }

  #prepared(): Baseline {
    return (this.#baseline ??= createBaseline({
      wasm: this.#wasm,
      prelude: loadQuickJsPrelude(),
      stackBytes: inlineStackBytes,
    }))
  }

  print(): EnginePrint {
    return (this.#print ??= quickJsPrint(this.#prepared()))
  }

  createIsolate({ memoryMb }: IsolateOptions): EngineIsolate {
    return new InlineIsolate({ baseline: this.#prepared(), memoryMb, queue: this.#queue, thread: this.#listener })
  }

  /** Isolates are garbage once they are disposed. */
  dispose(): void {}
}
