import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Engine, EngineIsolate, IsolateOptions } from '../engine/engine.ts'
import { createBaseline, type Baseline } from '../quickjs/baseline.ts'
import { quickJsPrint } from '../quickjs/quickjs-print.ts'
import { decodeBaseline } from './stored-baseline.ts'
import { installedFiles, type QuickJsFiles } from './quickjs-files.ts'
import { QuickJsIsolate } from './quickjs-isolate.ts'
import { ThreadPool } from './thread-pool.ts'

/** Size of the stack that QuickJS may use in threads of Node, in bytes. */
export const nodeStackBytes: number = 512 * 1024

/**
 * Size of the stack that QuickJS may use, in bytes. The threads of Bun and Deno have stacks of a fixed size, and QuickJS must reach its
 * own limit before the stack of WebAssembly ends.
 */
const stackBytes = 'Bun' in globalThis || 'Deno' in globalThis ? 64 * 1024 : nodeStackBytes

/** The baseline of this process. */
let baseline: Baseline | null = null

/**
 * The default maximum number of threads. There are more than cores only while cells compute for long, and a host has at most so many
 * cells.
 */
const defaultMaxThreads = 128

type QuickJsEngineOptions = {
  /** @default those of the installed package */
  readonly files?: QuickJsFiles
  /** @default 128 */
  readonly maxThreads?: number
}

/** Machines of QuickJS, on worker threads. */
export class QuickJsEngine implements Engine {
  readonly #baseline: Baseline
  readonly #pool: ThreadPool

  constructor({ files = installedFiles(), maxThreads = defaultMaxThreads }: QuickJsEngineOptions = {}) {
    this.#baseline = baseline ??= sharedBaseline(files)
    this.#pool = new ThreadPool(this.#baseline, files.program, maxThreads)
    // A thread takes longer to start than the host.
    this.#pool.warmUp()
  }

  print(): EnginePrint {
    return quickJsPrint(this.#baseline)
  }

  createIsolate({ memoryMb, inspection }: IsolateOptions): EngineIsolate {
    if (inspection !== null) throw new Error('Cannot inspect a cell: expected the engine v8, got quickjs')
    return new QuickJsIsolate(this.#pool, memoryMb)
  }

  listen(onStuck: (reason: string) => void): void {
    this.#pool.listen(onStuck)
  }

  dispose(): void {
    this.#pool.dispose()
  }
}

/** Returns a new baseline, in memory that all threads share. */
function sharedBaseline({ wasm, prelude, baseline: stored }: QuickJsFiles): Baseline {
  const decoded = stored === null ? null : decodeBaseline(stored, stackBytes)
  const created = decoded === null ? createBaseline({ wasm, prelude, stackBytes }) : { wasm, ...decoded }
  const memory = new Uint8Array(new SharedArrayBuffer(created.memory.length))
  memory.set(created.memory)
  return { ...created, memory }
}
